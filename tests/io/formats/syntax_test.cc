// What each format looks like to the letter, and what other tools write that must be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diar/errors.h"
#include "diar/io/rttm.h"
#include "diar/io/transcript.h"
#include "samples.h"

namespace diar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ResultDocument two_speakers() {
  ResultDocument document(Annotation("talk", {turn_ms(500, 2250, "Ann"), turn_ms(2000, 3661004, "Bo & Co")}));
  document.duration_s = 4000.0;
  document.input = "some dir/talk 1.wav";
  return document;
}

TEST(Syntax, Rttm) {
  EXPECT_EQ(to_format(two_speakers(), "rttm"),
            "SPEAKER talk 1 0.500 1.750 <NA> <NA> Ann <NA> <NA>\n"
            "SPEAKER talk 1 2.000 3659.004 <NA> <NA> Bo_&_Co <NA> <NA>\n");
}
TEST(Syntax, Ctm) {
  EXPECT_EQ(to_format(two_speakers(), "ctm"), "talk 1 0.500 1.750 Ann\ntalk 1 2.000 3659.004 Bo_&_Co\n");
}
TEST(Syntax, Csv) {
  ResultDocument document(Annotation("a,b", {turn_ms(0, 1000, "say \"x\"")}));
  EXPECT_EQ(to_format(document, "csv"), "uri,start_s,end_s,speaker\n\"a,b\",0.000,1.000,\"say \"\"x\"\"\"\n");
}
// A sheet would compute what begins with these.
TEST(Syntax, CsvCellsAreNoFormulas) {
  for (const std::string name : {"=1+1", "+1", "-1", "@x", "=HYPERLINK(\"http://x\",\"y\")", "'=1", "''@x"}) {
    const ResultDocument document(Annotation(name, {turn_ms(0, 1000, name)}));
    const std::string text = to_format(document, "csv");
    const std::string record = text.substr(text.find('\n') + 1);
    EXPECT_TRUE(record.starts_with("'") || record.starts_with("\"'")) << text;
    EXPECT_THAT(record, HasSubstr(",0.000,1.000,")) << text;
    // The apostrophe is no part of the name.
    const auto back = parse_format(text, "csv", "talk.csv");
    EXPECT_EQ(back.at(0).diarization, document.diarization) << text;
  }
  for (const std::string name : {"'x", "a=b", "'"}) {
    const ResultDocument document(Annotation("talk", {turn_ms(0, 1000, name)}));
    EXPECT_EQ(to_format(document, "csv"), "uri,start_s,end_s,speaker\ntalk,0.000,1.000," + name + "\n");
    EXPECT_EQ(parse_format(to_format(document, "csv"), "csv", "talk.csv").at(0).diarization,
              document.diarization);
  }
}

// A name that shows nothing still is a speaker in every format, and what was written can be read.
TEST(Syntax, NamesThatShowNothing) {
  for (const std::string name : {"", " ", "\t"}) {
    const ResultDocument document(Annotation("talk", {turn_ms(0, 1000, name), turn_ms(1000, 2000, "B")}));
    for (const char* format : {"rttm", "srt", "vtt", "textgrid", "audacity", "eaf", "ctm"}) {
      const auto back = parse_format(to_format(document, format), format, std::string("talk.") + format);
      ASSERT_EQ(back.size(), 1u) << format;
      EXPECT_EQ(back[0].diarization.turns(),
                (std::vector<Turn>{turn_ms(0, 1000, "_"), turn_ms(1000, 2000, "B")}))
          << format;
    }
  }
}

TEST(Syntax, ArrowsInNamesAreNoLinesOfTimes) {
  for (const auto& [name, written] : std::vector<std::pair<std::string, std::string>>{
           {"a-->b", "a->b"}, {"a--->b", "a->b"}, {"-->", "->"}, {"a--b>", "a--b>"}, {"-->-->", "->->"}}) {
    const ResultDocument document(Annotation("talk", {turn_ms(0, 1000, name)}));
    EXPECT_THAT(to_format(document, "srt"), HasSubstr("\n[" + written + "]\n"));
    EXPECT_EQ(parse_format(to_format(document, "srt"), "srt", "talk.srt").at(0).diarization.turns(),
              (std::vector<Turn>{turn_ms(0, 1000, written)}));
    EXPECT_EQ(parse_format(to_format(document, "vtt"), "vtt", "talk.vtt").at(0).diarization.turns(),
              document.diarization.turns());
  }
  Transcript transcript;
  transcript.segments.push_back({0.0, 1.0, "b--->c", {}, "a-->x"});
  EXPECT_THAT(to_srt(transcript), HasSubstr("\na->x: b->c\n"));
}

// Two speakers must not become one in silence.
TEST(Syntax, NamesThatAFormatMakesEqualAreRefused) {
  const ResultDocument document(Annotation("talk", {turn_ms(0, 1000, "a-->b"), turn_ms(0, 1000, "a->b")}));
  EXPECT_THROW(to_format(document, "srt"), InvalidArgument);
  const ResultDocument blank(Annotation("talk", {turn_ms(0, 1000, ""), turn_ms(0, 1000, "_")}));
  for (const char* format : {"srt", "vtt", "textgrid", "audacity", "eaf"})
    EXPECT_THROW(to_format(blank, format), InvalidArgument) << format;
}

TEST(Syntax, Srt) {
  EXPECT_EQ(to_format(two_speakers(), "srt"),
            "1\n00:00:00,500 --> 00:00:02,250\n[Ann]\n\n2\n00:00:02,000 --> 01:01:01,004\n[Bo & Co]\n\n");
}
TEST(Syntax, Vtt) {
  EXPECT_EQ(to_format(two_speakers(), "vtt"),
            "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\n<v Ann>Ann</v>\n"
            "\n00:00:02.000 --> 01:01:01.004\n<v Bo &amp; Co>Bo &amp; Co</v>\n");
}
TEST(Syntax, Audacity) {
  EXPECT_EQ(to_format(two_speakers(), "audacity"),
            "0.500000\t2.250000\tAnn\n2.000000\t3661.004000\tBo & Co\n");
}

TEST(Syntax, TextGridCoversTheRecordingWithoutGaps) {
  EXPECT_EQ(
      to_format(ResultDocument(Annotation("a", {turn_ms(500, 1000, "say \"x\"")})), "textgrid"),
      "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0 \nxmax = 1.000000 \n"
      "tiers? <exists> \nsize = 1 \nitem []: \n    item [1]:\n        class = \"IntervalTier\" \n"
      "        name = \"say \"\"x\"\"\" \n        xmin = 0 \n        xmax = 1.000000 \n"
      "        intervals: size = 2 \n        intervals [1]:\n            xmin = 0.000000 \n"
      "            xmax = 0.500000 \n            text = \"\" \n        intervals [2]:\n"
      "            xmin = 0.500000 \n            xmax = 1.000000 \n            text = \"say \"\"x\"\"\" \n");
  EXPECT_THAT(to_format(two_speakers(), "textgrid"), HasSubstr("xmax = 4000.000000"));
}

TEST(Syntax, ElanNamesTheAudioAndItsTiers) {
  const std::string text = to_format(two_speakers(), "eaf");
  EXPECT_THAT(text, HasSubstr("<MEDIA_DESCRIPTOR MEDIA_URL=\"./talk%201.wav\" MIME_TYPE=\"audio/x-wav\""));
  EXPECT_THAT(text, HasSubstr("PARTICIPANT=\"Bo &amp; Co\" TIER_ID=\"Bo &amp; Co\""));
  EXPECT_THAT(text, HasSubstr("<TIME_SLOT TIME_SLOT_ID=\"ts4\" TIME_VALUE=\"3661004\"/>"));
  // Overlapping turns of one speaker need a second tier, whose identifier must differ.
  const std::string nasty = to_format(ResultDocument(nasty_annotation()), "eaf");
  EXPECT_THAT(nasty, HasSubstr("PARTICIPANT=\"SPEAKER_01\" TIER_ID=\"SPEAKER_01 (2)\""));
}

TEST(Syntax, ControlCharactersAndBrokenUtf8NeverReachAFile) {
  const ResultDocument document(Annotation("a", {turn_ms(0, 1000,
                                                         "x\ny\x01z\xff"
                                                         "q\xed\xa0\x80")}));
  for (const char* format : {"csv", "srt", "vtt", "textgrid", "audacity", "eaf"}) {
    EXPECT_THAT(to_format(document, format), HasSubstr("x y z\xEF\xBF\xBDq\xEF\xBF\xBD")) << format;
  }
}

Annotation read_one(const std::string& text, const std::string& format, const std::string& name = "talk.x") {
  const auto documents = parse_format(text, format, name);
  EXPECT_EQ(documents.size(), 1u);
  return documents.at(0).diarization;
}

TEST(Foreign, CsvWithOtherColumnsAndSeparators) {
  const Annotation annotation = read_one("Speaker;start;duration\n\"A;1\";0.5; 1.25 \n\n", "csv");
  EXPECT_EQ(annotation.uri(), "talk");
  EXPECT_THAT(annotation.turns(), ElementsAre(turn_ms(500, 1750, "A;1")));
}

TEST(Foreign, SubtitlesWithWords) {
  const std::string srt =
      "1\r\n00:00:01,000 --> 00:00:02,000 X1:10 X2:20\r\n[SPEAKER_00]: Hello.\r\n\r\n"
      "2\r\n0:02.5 --> 1:00:03.25\r\nAnn B.: It is 12:30\r\nnow.\r\n3\r\n01:00:04,000 --> "
      "01:00:05,000\r\nAnn B.:\r\n";
  EXPECT_THAT(read_one(srt, "srt").turns(),
              ElementsAre(turn_ms(1000, 2000, "SPEAKER_00"), turn_ms(2500, 3603250, "Ann B."),
                          turn_ms(3604000, 3605000, "Ann B.")));
  const std::string vtt =
      "WEBVTT - a title\nKind: captions\n\nNOTE Ann: nothing\n\nSTYLE\n::cue {}\n\nintro\n"
      "00:01.000 --> 00:02.000 align:start\n<v.loud Ann &lt;3>Hi</v> <v Bob>Ho\n\n"
      "00:03.000 --> 00:04.000\nBob: <i>again</i>\n";
  EXPECT_THAT(
      read_one(vtt, "vtt").turns(),
      ElementsAre(turn_ms(1000, 2000, "Ann <3"), turn_ms(1000, 2000, "Bob"), turn_ms(3000, 4000, "Bob")));
}

TEST(Foreign, AudacityWithFrequencies) {
  EXPECT_THAT(read_one("1.0\t2.0\tA\tB\n\\\t100.0\t200.0\n", "audacity", "x/talk.audacity.txt").turns(),
              ElementsAre(turn_ms(1000, 2000, "A\tB")));
}

TEST(Foreign, ShortTextGridWithPointsAndComments) {
  const std::string text =
      "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n2.5 ! the end\n<exists>\n2\n"
      "\"TextTier\"\n\"clicks\"\n0\n2.5\n1\n0.7\n\"x\"\n\"IntervalTier\"\n\"Ann\"\n0\n2."
      "5\n2\n0\n1\n\"\"\n1\n2.5\n"
      "\"some \"\"words\"\"\"\n";
  const auto documents = parse_format(text, "textgrid", "talk.TextGrid");
  EXPECT_THAT(documents.at(0).diarization.turns(), ElementsAre(turn_ms(1000, 2500, "Ann")));
  EXPECT_DOUBLE_EQ(documents[0].duration_s, 2.5);
}

TEST(Foreign, ElanWithoutParticipantsAndWithReferences) {
  const std::string text =
      "<?xml version='1.0'?><!-- <TIER TIER_ID='no'> --><ANNOTATION_DOCUMENT><TIME_ORDER>"
      "<TIME_SLOT TIME_SLOT_ID='a' TIME_VALUE='10'/><TIME_SLOT TIME_SLOT_ID='m'/>"
      "<TIME_SLOT TIME_VALUE='20' TIME_SLOT_ID='b'></TIME_SLOT></TIME_ORDER>"
      "<TIER TIER_ID='J&#252;rgen > &#x41;&unknown;'><ANNOTATION>"
      "<ALIGNABLE_ANNOTATION TIME_SLOT_REF1='a' TIME_SLOT_REF2='b'/></ANNOTATION><ANNOTATION>"
      "<REF_ANNOTATION ANNOTATION_REF='x'/></ANNOTATION></TIER></ANNOTATION_DOCUMENT>";
  EXPECT_THAT(read_one(text, "eaf").turns(), ElementsAre(turn_ms(10, 20, "Jürgen > A&unknown;")));
}

struct Malformed {
  const char* format;
  const char* text;
  const char* says;
};

class MalformedText : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedText, IsAnInputErrorThatNamesTheLine) {
  const auto& [format, text, says] = GetParam();
  try {
    parse_format(text, format, "f");
    FAIL() << format << " took: " << text;
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(says));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, MalformedText,
    ::testing::Values(
        Malformed{"rttm", "SPEAKER a 1 0 x <NA> <NA> A", "f:1"},
        Malformed{"rttm", "SPEAKER a 1 0 1e308 <NA> <NA> A", "f:1"},
        Malformed{"ctm", "a 1 0 1 A\na 1 0 1", "f:2"}, Malformed{"ctm", "a 1 -1 1 A", "f:1"},
        Malformed{"csv", "", "header"}, Malformed{"csv", "a,b\n", "columns"},
        Malformed{"csv", "start,end,speaker\n1,2\n", "f:2"},
        Malformed{"csv", "start,end,speaker\n\n2,1,A\n", "f:3"},
        Malformed{"csv", "start,end,speaker\n1,2,\"A", "not closed"},
        Malformed{"csv", "start,end,speaker\n\"1\"x,2,A", "f:2"},
        Malformed{"srt", "1\n00:00:01,000 --> 00:00:02\nwords only\n", "f:2"},
        Malformed{"srt", "00:00:03,000 --> 00:00:02,000\nA: x\n", "before it starts"},
        Malformed{"srt", "1:2:3:4 --> 00:00:02,000\nA: x\n", "HH:MM:SS"},
        Malformed{"srt", "00:01 -->", "HH:MM:SS"}, Malformed{"srt", "-1:00 --> 0:02\nA: x", "HH:MM:SS"},
        Malformed{"srt", "1e9:00:00 --> 0:02\nA: x", "HH:MM:SS"},
        Malformed{"vtt", "00:01.000 --> 00:02.000\n<v A>x", "WEBVTT"},
        Malformed{"vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<i>x</i>\n", "f:3"},
        Malformed{"textgrid", "hello", "f:1"},
        Malformed{"textgrid", "\"ooTextFile\" \"Pitch\" 0 1", "no TextGrid"},
        Malformed{"textgrid", "\"ooTextFile\"\n\"TextGrid\" 0 1 <exists> 999999999\n", "f:3"},
        Malformed{"textgrid", "\"ooTextFile\" \"TextGrid\" 0 1 1 \"IntervalTier\" \"A\" 0 1 1 -2 1 \"x\"",
                  "negative"},
        Malformed{"audacity", "1.0 2.0 A\n", "f:1"}, Malformed{"audacity", "2\t1\tA\n", "before it starts"},
        Malformed{"eaf", "<html></html>", "ANNOTATION_DOCUMENT"},
        Malformed{"eaf", "<a\n<b x=1>", "attribute"},
        Malformed{"eaf", "<ANNOTATION_DOCUMENT>\n<ALIGNABLE_ANNOTATION TIME_SLOT_REF1='q'/>", "f:2"},
        Malformed{"eaf", "<ANNOTATION_DOCUMENT><TIME_SLOT TIME_VALUE='nan' TIME_SLOT_ID='a'/>",
                  "milliseconds"},
        Malformed{"json", "", "empty"}, Malformed{"json", "{", "parse error"},
        Malformed{"json", "[1]", "turns"}, Malformed{"json", R"({"turns": 3})", "no array"},
        Malformed{"json", R"({"turns": [{"speaker": 1}]})", "speaker"},
        Malformed{"json", R"({"turns": [{"speaker": "A", "start_s": 0}]})", "end_s"},
        Malformed{"json", R"({"turns": [{"speaker": "A", "start_s": 2, "end_s": 1}]})", "before it starts"},
        Malformed{"json", R"({"turns": [], "embeddings": [{"speaker": "A", "values": [1e300]}]})",
                  "embedding"}));

TEST(Malformed, DeepNestingIsHarmless) {
  const std::string deep(1000000, '[');
  EXPECT_THROW(parse_format(deep, "json", "f"), InputError);
  EXPECT_THROW(parse_format("{\"turns\":" + deep + std::string(1000000, ']') + "}", "json", "f"), InputError);
}

}  // namespace
}  // namespace diar
