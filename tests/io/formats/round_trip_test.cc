// RTTM -> each format -> RTTM: every turn comes back, to the millisecond that RTTM itself has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "diar/errors.h"
#include "diar/io/rttm.h"
#include "samples.h"

namespace diar {
namespace {

class RoundTrip : public ::testing::TestWithParam<std::string> {
 protected:
  const FormatInfo& info() const { return find_format(GetParam()); }

  Annotation expected(const Annotation& annotation) const {
    return info().zero_length_turns ? annotation : without_empty_turns(annotation);
  }
  Annotation there_and_back(const Annotation& annotation, const std::string& name = "dir/talk.x") const {
    const auto documents = parse_format(to_format(ResultDocument(annotation), GetParam()), GetParam(), name);
    EXPECT_EQ(documents.size(),
              annotation.empty() && info().several_recordings && GetParam() != "json" ? 0u : 1u);
    return documents.empty() ? Annotation(annotation.uri()) : documents[0].diarization;
  }
  // Tiers and cues may come in another order among equal times.
  void expect_same(const Annotation& result, const Annotation& annotation) const {
    EXPECT_EQ(sorted_lines(to_rttm(result)), sorted_lines(to_rttm(annotation)));
  }
};

TEST_P(RoundTrip, NastyTurns) {
  expect_same(there_and_back(nasty_annotation()), expected(nasty_annotation()));
}

TEST_P(RoundTrip, RandomTurns) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const Annotation annotation = random_annotation(seed);
    expect_same(there_and_back(annotation), expected(annotation));
  }
}

TEST_P(RoundTrip, NoTurns) {
  EXPECT_TRUE(there_and_back(Annotation("talk")).empty());
}

// Times that are no milliseconds move by half the resolution at most, RTTM's and CTM's ends (a rounded start
// and a rounded duration) by twice that.
TEST_P(RoundTrip, TimesStayWithinTheResolution) {
  std::mt19937 generator(11);
  std::uniform_real_distribution<double> start(0.0, 10000.0), length(0.01, 30.0);
  for (int i = 0; i < 200; ++i) {
    const double start_s = start(generator);
    const Turn turn{{start_s, start_s + length(generator)}, "SPEAKER_00"};
    const Annotation result = there_and_back(Annotation("talk", {turn}));
    ASSERT_EQ(result.turns().size(), 1u);
    const double half_s = 0.5 * info().resolution_s + 1e-9;
    EXPECT_NEAR(result.turns()[0].segment.start_s, turn.segment.start_s, half_s);
    const bool has_duration = GetParam() == "rttm" || GetParam() == "ctm";
    EXPECT_NEAR(result.turns()[0].segment.end_s, turn.segment.end_s, has_duration ? 2 * half_s : half_s);
  }
}

TEST_P(RoundTrip, NamesThatNeedEscaping) {
  const std::vector<std::string> names = {
      "Ann B.",    "it's \"quoted\"",   "a,b;c", "<v x> & </v>", "]]> [x]", "Ann: Bob",
      "会议 שלום", "emoji 👩‍🔬", "-dash", "a\\b"};
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i) * 1000;
    turns.push_back(turn_ms(at, at + 500, names[i]));
  }
  const Annotation result = there_and_back(Annotation("talk", turns));
  ASSERT_EQ(result.turns().size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string name = names[i];
    // What cannot hold spaces has underscores.
    if (GetParam() == "rttm" || GetParam() == "ctm") std::replace(name.begin(), name.end(), ' ', '_');
    EXPECT_EQ(result.turns()[i].speaker, name);
  }
}

TEST_P(RoundTrip, LineEndsAndMarksOfOtherSystems) {
  const std::string text = to_format(ResultDocument(nasty_annotation()), GetParam());
  std::string windows = "\xEF\xBB\xBF";
  std::string utf16 = "\xFF\xFE";
  for (const char c : text) {
    windows += c == '\n' ? "\r\n" : std::string(1, c);
    utf16 += std::string{c, '\0'};
  }
  for (const std::string& other : {windows, utf16}) {
    const auto documents = parse_format(other, GetParam(), "talk.x");
    ASSERT_EQ(documents.size(), 1u);
    expect_same(documents[0].diarization, expected(nasty_annotation()));
  }
}

TEST_P(RoundTrip, TimesThatCannotBeWrittenAreRefused) {
  for (const Segment& segment : {Segment{-1.0, 1.0}, Segment{2.0, 1.0}, Segment{0.0, 1e10},
                                 Segment{0.0, std::nan("")}, Segment{0.0, INFINITY}}) {
    const ResultDocument document(Annotation("talk", {{segment, "A"}}));
    EXPECT_THROW(to_format(document, GetParam()), InvalidArgument);
  }
}

// Every prefix of a file either parses or is an InputError, and so is every file with one byte changed.
TEST_P(RoundTrip, DamagedTextIsAnInputError) {
  const std::string text = to_format(ResultDocument(nasty_annotation()), GetParam());
  std::mt19937 generator(3);
  for (std::size_t i = 0; i < 2000; ++i) {
    std::string damaged = text.substr(0, generator() % (text.size() + 1));
    if (i % 2 == 0) {
      damaged = text;
      damaged[generator() % damaged.size()] = static_cast<char>(generator());
    }
    try {
      for (const ResultDocument& document : parse_format(damaged, GetParam(), "talk")) {
        // What was read can be written again.
        to_format(document, "json");
      }
    } catch (const InputError&) {
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, RoundTrip,
                         ::testing::Values("rttm", "json", "csv", "srt", "vtt", "textgrid", "audacity", "eaf",
                                           "ctm"),
                         [](const auto& test) { return test.param; });

TEST(Formats, TableListsEachOnce) {
  EXPECT_EQ(formats().size(), 9u);
  EXPECT_EQ(formats()[0].name, "rttm");
  for (const FormatInfo& info : formats()) {
    EXPECT_EQ(&find_format(info.name), &info);
    EXPECT_EQ(format_of_path("a/b" + std::string(info.extension)), &info);
  }
  EXPECT_EQ(find_format("WebVTT").name, "vtt");
  EXPECT_EQ(format_of_path("x.SRT")->name, "srt");
  EXPECT_EQ(format_of_path("x.txt")->name, "audacity");
  EXPECT_EQ(format_of_path("x.docx"), nullptr);
  EXPECT_EQ(format_of_path("x"), nullptr);
  EXPECT_THROW(find_format("docx"), InvalidArgument);
}

TEST(Formats, SeveralRecordingsInOneFile) {
  const std::vector<ResultDocument> documents = {
      ResultDocument(Annotation("a", {turn_ms(0, 1000, "X")})),
      ResultDocument(Annotation("b", {turn_ms(500, 800, "Y"), turn_ms(900, 1000, "X")}))};
  for (const FormatInfo& info : formats()) {
    if (!info.several_recordings) {
      EXPECT_THROW(to_format(documents, info.name), InvalidArgument) << info.name;
      continue;
    }
    const auto back = parse_format(to_format(documents, info.name), info.name, "x");
    ASSERT_EQ(back.size(), 2u) << info.name;
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(to_rttm(back[i].diarization), to_rttm(documents[i].diarization)) << info.name;
    }
  }
}

TEST(Formats, ExclusiveTurnsTakeTheOthersPlace) {
  ResultDocument document(Annotation("a", {turn_ms(0, 1000, "X"), turn_ms(500, 1000, "Y")}));
  FormatOptions options;
  options.exclusive = true;
  EXPECT_THROW(to_format(document, "rttm", options), InvalidArgument);
  document.exclusive = Annotation("a", {turn_ms(0, 1000, "X")});
  EXPECT_EQ(to_format(document, "rttm", options), to_rttm(*document.exclusive));
  EXPECT_EQ(to_format(document, "rttm"), to_rttm(document.diarization));
}

TEST(Formats, NamesThatUnderscoresWouldMakeEqualAreRefused) {
  const ResultDocument document(Annotation("a", {turn_ms(0, 1, "Ann B"), turn_ms(0, 1, "Ann_B")}));
  EXPECT_THROW(to_format(document, "rttm"), InvalidArgument);
  EXPECT_THROW(to_format(document, "ctm"), InvalidArgument);
  EXPECT_NO_THROW(to_format(document, "csv"));
}

// A comment, or a mark of an encoding, which readers would take for one.
TEST(Formats, ACtmWhoseRecordingBeginsLikeSomethingElseReadsBack) {
  for (const std::string uri : {";;talk", ";; talk", "\xEF\xBB\xBFtalk", "\xFF\xFEtalk", "\xFE\xFFtalk"}) {
    const ResultDocument document(Annotation(uri, {turn_ms(0, 1000, "Ann")}));
    const auto again = parse_format(to_format(document, "ctm"), "ctm", "written");
    ASSERT_EQ(again.size(), 1U) << uri;
    EXPECT_EQ(again[0].diarization.turns(), document.diarization.turns()) << uri;
    EXPECT_TRUE(again[0].diarization.uri().ends_with("talk")) << uri;
  }
}

// "<v Ann-->" would hold the arrow between two times.
TEST(Formats, ANameThatEndsInDashesReadsBackFromWebVtt) {
  const ResultDocument document(Annotation("talk", {turn_ms(0, 1000, "Ann--"), turn_ms(0, 1000, "-->")}));
  EXPECT_EQ(parse_format(to_format(document, "vtt"), "vtt", "talk.vtt")[0].diarization.turns(),
            document.diarization.turns());
}

}  // namespace
}  // namespace diar
