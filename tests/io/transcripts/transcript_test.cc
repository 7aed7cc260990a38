// Recognisers' files in, the same words with the same times out; then speakers on them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "diar/errors.h"
#include "diar/io/transcript.h"
#include "io/transcripts/utf8.h"
#include "test_paths.h"

namespace diar {
namespace {

Transcript fixture(const std::string& name) {
  return read_transcript_file((std::filesystem::path(DIAR_TEST_DATA) / "transcripts" / name).string());
}

TranscriptWord word(std::string text, double start_s, double end_s) {
  return {std::move(text), start_s, end_s, true, std::nullopt, {}};
}

// One segment with these words.
Transcript spoken(std::vector<TranscriptWord> words) {
  TranscriptSegment segment;
  segment.start_s = words.front().start_s;
  segment.end_s = words.back().end_s;
  for (const auto& entry : words) segment.text += (segment.text.empty() ? "" : " ") + entry.text;
  segment.words = std::move(words);
  return {"en", {segment}};
}

Annotation turns(std::vector<Turn> list) {
  return {"talk", std::move(list)};
}

std::vector<std::string> speakers_of_words(const Transcript& transcript) {
  std::vector<std::string> speakers;
  for (const auto& segment : transcript.segments) {
    for (const auto& entry : segment.words) speakers.push_back(entry.speaker);
  }
  return speakers;
}

using Names = std::vector<std::string>;

// Every format with word times tells the same conversation (tools/fixtures/make_transcripts.py).
class WordLevelFile : public ::testing::TestWithParam<const char*> {};

TEST_P(WordLevelFile, HoldsTheSameWordsAndTimes) {
  const Transcript transcript = fixture(GetParam());
  ASSERT_EQ(transcript.segments.size(), 3u);
  const auto& segment = transcript.segments[2];
  EXPECT_EQ(segment.text, "It's 42 pages long \U0001F600.");
  EXPECT_DOUBLE_EQ(segment.start_s, 4.4);
  EXPECT_DOUBLE_EQ(segment.end_s, 6.2);
  std::string joined;
  for (const auto& entry : segment.words)
    joined += (joined.empty() || !entry.space_before ? "" : " ") + entry.text;
  EXPECT_EQ(joined, segment.text);
  const auto& pages = *std::find_if(segment.words.begin(), segment.words.end(),
                                    [](const auto& entry) { return entry.text == "pages"; });
  EXPECT_DOUBLE_EQ(pages.start_s, 5.1);
  EXPECT_DOUBLE_EQ(pages.end_s, 5.5);
  EXPECT_NEAR(pages.probability.value(), 0.97, 1e-12);
  for (const auto& part : transcript.segments) {
    for (const auto& entry : part.words) EXPECT_LE(entry.start_s, entry.end_s) << entry.text;
  }
}

TEST_P(WordLevelFile, IsSplitWhereTheSpeakerChanges) {
  const Transcript result = assign_speakers(
      fixture(GetParam()), turns({{{0.15, 1.35}, "A"}, {{1.55, 3.3}, "B"}, {{3.35, 6.25}, "A"}}));
  ASSERT_EQ(result.segments.size(), 4u);
  EXPECT_EQ(result.segments[1].text, "Morning! Did you see the report?");
  EXPECT_EQ(result.segments[1].speaker, "B");
  EXPECT_EQ(result.segments[2].text, "Yes, I did.");
  EXPECT_EQ(result.segments[2].speaker, "A");
  EXPECT_EQ(to_text(result),
            "A: Good morning, Ann.\n\nB: Morning! Did you see the report?\n\n"
            "A: Yes, I did. It's 42 pages long \U0001F600.\n");
}

INSTANTIATE_TEST_SUITE_P(Recognisers, WordLevelFile,
                         ::testing::Values("whisper_cpp_full.json", "openai_whisper.json",
                                           "faster_whisper.json", "whisperx.json"));

class SegmentLevelFile : public ::testing::TestWithParam<const char*> {};

TEST_P(SegmentLevelFile, VotesAsAWhole) {
  const Transcript transcript = fixture(GetParam());
  ASSERT_EQ(transcript.segments.size(), 3u);
  EXPECT_TRUE(transcript.segments[1].words.empty());
  EXPECT_DOUBLE_EQ(transcript.segments[1].start_s, 1.6);
  EXPECT_DOUBLE_EQ(transcript.segments[1].end_s, 4.1);
  const Transcript result =
      assign_speakers(transcript, turns({{{0.15, 1.35}, "A"}, {{1.55, 3.3}, "B"}, {{3.35, 6.25}, "A"}}));
  ASSERT_EQ(result.segments.size(), 3u);
  EXPECT_EQ(result.segments[1].speaker, "B");
  EXPECT_TRUE(result.segments[1].words.empty());
}

INSTANTIATE_TEST_SUITE_P(Recognisers, SegmentLevelFile,
                         ::testing::Values("whisper_cpp.json", "openai_whisper_segments.json", "talk.srt",
                                           "talk.vtt"));

TEST(TranscriptTest, VttMarksAreNoText) {
  EXPECT_EQ(fixture("talk.vtt").segments[0].text, "Good morning, Ann. & so\u00A0on");
}

TEST(TranscriptTest, CharactersSplitOverTokensAreJoined) {
  const Transcript transcript = fixture("whisper_cpp_japanese.json");
  ASSERT_EQ(transcript.segments.size(), 2u);  // the empty segment is gone
  const auto& words = transcript.segments[0].words;
  Names texts;
  for (const auto& entry : words) texts.push_back(entry.text);
  EXPECT_EQ(texts, (Names{"こん", "にちは。", "元", "気？"}));
  EXPECT_DOUBLE_EQ(words[2].start_s, 1.5);
  EXPECT_DOUBLE_EQ(words[2].end_s, 1.7);
  for (std::size_t i = 1; i < words.size(); ++i) EXPECT_FALSE(words[i].space_before);
  EXPECT_EQ(transcript.segments[1].text, "\uFFFD");  // a lone byte of a character
  const Transcript result = assign_speakers(transcript, turns({{{0.0, 1.2}, "A"}, {{1.2, 3.0}, "B"}}));
  EXPECT_EQ(result.segments[0].text, "こんにちは。");
  EXPECT_EQ(result.segments[1].text, "元気？");
}

TEST(TranscriptTest, RightToLeftTextKeepsItsOrder) {
  const Transcript result =
      assign_speakers(fixture("openai_whisper_arabic.json"), turns({{{0.0, 1.5}, "A"}, {{1.5, 3.0}, "B"}}));
  EXPECT_EQ(to_srt(result),
            "1\n00:00:00,200 --> 00:00:01,300\nA: مرحبا بكم.\n\n"
            "2\n00:00:01,700 --> 00:00:03,000\nB: شكرا لك؟\n");
}

TEST(TranscriptTest, WordsWithoutTimesLieBetweenTheirNeighbours) {
  const Transcript transcript = parse_transcript(
      R"({"segments": [{"start": 1, "end": 3, "text": "a 12 345 b", "words": [
          {"word": "a", "start": 1.0, "end": 1.5}, {"word": "12"}, {"word": "345"}, {"word": "b", "start": 2.0, "end": 3.0}]}]})");
  const auto& words = transcript.segments[0].words;
  EXPECT_DOUBLE_EQ(words[1].start_s, 1.5);
  EXPECT_DOUBLE_EQ(words[1].end_s, 1.7);
  EXPECT_DOUBLE_EQ(words[2].end_s, 2.0);
}

TEST(AssignTest, LargestOverlapWinsAndATieStaysWithTheSpeakerBefore) {
  const auto people = turns({{{0.0, 1.0}, "B"}, {{0.9, 3.0}, "A"}, {{1.5, 3.0}, "B"}});
  const auto result =
      assign_speakers(spoken({word("mostly", 0.2, 1.2), word("mine", 1.0, 1.4), word("both", 1.6, 2.0)}),
                      people, {.smooth = false});
  EXPECT_EQ(speakers_of_words(result), (Names{"B", "A", "A"}));
}

TEST(AssignTest, WordsInGapsTakeTheNearestTurnWithinTheLimit) {
  const auto people = turns({{{0.0, 1.0}, "A"}, {{3.0, 4.0}, "B"}});
  const auto words = spoken({word("near", 1.5, 1.7), word("nearer", 2.6, 2.8), word("far.", 9.0, 9.2)});
  const auto result = assign_speakers(words, people, {.smooth = false});
  EXPECT_EQ(speakers_of_words(result), (Names{"A", "B", ""}));
  const auto strict = assign_speakers(words, people, {.max_gap_s = 0.3, .smooth = false});
  EXPECT_EQ(speakers_of_words(strict), (Names{"", "B", ""}));
  EXPECT_THROW(assign_speakers(words, people, {.max_gap_s = -1.0}), InvalidArgument);
  EXPECT_THROW(assign_speakers(words, people, {.max_gap_s = std::nan("")}), InvalidArgument);
}

TEST(AssignTest, AStrayInsideASentenceFollowsItsMainSpeaker) {
  const auto people = turns({{{0.0, 1.0}, "A"}, {{1.0, 1.3}, "B"}, {{1.3, 3.0}, "A"}});
  const auto sentence = spoken({word("We", 0.0, 0.5), word("will", 0.5, 1.0), word("not", 1.0, 1.3),
                                word("go", 1.3, 2.0), word("there.", 2.0, 3.0)});
  EXPECT_EQ(speakers_of_words(assign_speakers(sentence, people)), (Names{"A", "A", "A", "A", "A"}));
  EXPECT_EQ(speakers_of_words(assign_speakers(sentence, people, {.smooth = false})),
            (Names{"A", "A", "B", "A", "A"}));
}

TEST(AssignTest, AShortAnswerThatIsASentenceStays) {
  const auto people = turns({{{0.0, 1.0}, "A"}, {{1.0, 1.3}, "B"}, {{1.3, 3.0}, "A"}});
  const auto result =
      assign_speakers(spoken({word("Will", 0.0, 0.5), word("we?\"", 0.5, 1.0), word("Yeah.", 1.0, 1.3),
                              word("Then", 1.3, 2.0), word("go.", 2.0, 3.0)}),
                      people);
  EXPECT_EQ(speakers_of_words(result), (Names{"A", "A", "B", "A", "A"}));
}

TEST(AssignTest, WithoutTurnsNobodySpeaks) {
  const auto result = assign_speakers(fixture("openai_whisper.json"), {});
  ASSERT_EQ(result.segments.size(), 3u);
  EXPECT_EQ(
      to_text(result),
      "Good morning, Ann. Morning! Did you see the report? Yes, I did. It's 42 pages long \U0001F600.\n");
}

// The index must find what a search through every turn finds.
TEST(AssignTest, ManyTurnsGiveWhatAPlainSearchGives) {
  std::vector<Turn> list;
  std::vector<TranscriptWord> words;
  std::uint32_t state = 1;
  const auto random = [&state](double limit) {
    state = state * 1664525u + 1013904223u;
    return static_cast<double>(state >> 8) / (1 << 24) * limit;
  };
  for (int i = 0; i < 300; ++i) {
    const double start_s = random(500.0);
    // One turn in ten is long, so that it reaches over many that begin later.
    list.push_back({{start_s, start_s + random(i % 10 == 0 ? 120.0 : 3.0)}, "S" + std::to_string(i % 7)});
  }
  for (int i = 0; i < 500; ++i) words.push_back(word("w", i, i + 0.7));
  const auto people = turns(list);
  const auto result =
      speakers_of_words(assign_speakers(spoken(words), people, {.max_gap_s = 0.5, .smooth = false}));
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::map<std::string, double> overlap_s;
    double gap_s = 1e9;
    for (const Turn& turn : list) {
      const double shared_s =
          std::min(words[i].end_s, turn.segment.end_s) - std::max(words[i].start_s, turn.segment.start_s);
      if (shared_s > 0.0) overlap_s[turn.speaker] += shared_s;
      gap_s = std::min(gap_s, std::max(0.0, -shared_s));
    }
    if (overlap_s.empty()) {
      EXPECT_EQ(result[i].empty(), gap_s > 0.5) << i;
    } else {
      for (const auto& [speaker, shared_s] : overlap_s)
        EXPECT_LE(shared_s, overlap_s[result[i]] + 1e-9) << i << ' ' << speaker;
    }
  }
}

TEST(TranscriptWritersTest, MarksOfTheFormatCannotBeForged) {
  Transcript transcript{"en", {{0.0, 3723.4567, "a --> b <b> & c", {}, "Eve\n\n<v>"}}};
  EXPECT_EQ(to_srt(transcript), "1\n00:00:00,000 --> 01:02:03,457\nEve  <v>: a -> b <b> & c\n");
  EXPECT_EQ(to_vtt(transcript),
            "WEBVTT\n\n00:00:00.000 --> 01:02:03.457\n<v Eve  &lt;v&gt;>a -&gt; b &lt;b&gt; &amp; c\n");
  const auto json = nlohmann::json::parse(to_json(transcript));
  EXPECT_EQ(json["segments"][0]["speaker"], "Eve\n\n<v>");
  EXPECT_EQ(json["speakers"].size(), 1u);
}

TEST(TranscriptWritersTest, WhatIsWrittenIsReadAgain) {
  const Transcript result = assign_speakers(
      fixture("whisperx.json"), turns({{{0.15, 1.35}, "A"}, {{1.55, 3.3}, "B"}, {{3.35, 6.25}, "A"}}));
  for (const std::string& text : {to_srt(result), to_vtt(result), to_json(result)}) {
    const Transcript again = parse_transcript(text);
    ASSERT_EQ(again.segments.size(), result.segments.size()) << text;
    for (std::size_t i = 0; i < result.segments.size(); ++i) {
      EXPECT_NEAR(again.segments[i].start_s, result.segments[i].start_s, 5e-4);
      EXPECT_NEAR(again.segments[i].end_s, result.segments[i].end_s, 5e-4);
    }
  }
}

class BadTranscript : public ::testing::TestWithParam<const char*> {};

TEST_P(BadTranscript, IsRefusedInOneLine) {
  try {
    parse_transcript(GetParam(), "talk");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("talk"), std::string::npos) << what;
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
  }
}

INSTANTIATE_TEST_SUITE_P(Inputs, BadTranscript,
                         ::testing::Values("", " \n", "hello", "{", "[", "{}", "[1, 2]", "{\"segments\": 3}",
                                           "{\"segments\": [{}]}", "{\"transcription\": [{\"text\": \"a\"}]}",
                                           "{\"segments\": [{\"start\": 1e300, \"end\": 2}]}",
                                           "1\n00:00:xx,000 --> 00:00:01,000\na\n",
                                           "1\n1:2:3:4 --> 00:00:01,000\na\n", "1\n00:00:01,000 --> \na\n",
                                           "1\nnan --> inf\na\n"));

TEST(TranscriptTest, HugeNestedJsonIsRefusedQuickly) {
  EXPECT_THROW(parse_transcript(std::string(1 << 20, '[')), InputError);
  std::string nested = "{\"segments\": ";
  nested.append(1 << 20, '[');
  EXPECT_THROW(parse_transcript(nested), InputError);
}

TEST(Utf8Test, StrayBytesComeBackOnceTheyAreWhole) {
  const std::string euro = "\u20AC";
  const std::string first = hide_stray_bytes(euro.substr(0, 1));
  const std::string second = hide_stray_bytes(euro.substr(1));
  EXPECT_TRUE(ends_with_stray_byte(first));
  EXPECT_EQ(restore_stray_bytes(first + second), euro);
  EXPECT_EQ(restore_stray_bytes(first), "\uFFFD");
  for (const char* good : {"", "plain", "\u00E9\u20AC\U0001F600", "\uD7FF\uE000"}) {
    EXPECT_EQ(hide_stray_bytes(good), good);
    EXPECT_EQ(restore_stray_bytes(good), good);
  }
  // Overlong, surrogate, beyond Unicode: none of it is UTF-8.
  for (const char* bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_EQ(code_point_at(bad, 0).size, 0u);
  }
}

}  // namespace
}  // namespace diar
