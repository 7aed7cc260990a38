// diarize convert: formats, names and its errors, on files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kRttm =
    "SPEAKER talk 1 0.500 1.750 <NA> <NA> SPEAKER_00 <NA> <NA>\n"
    "SPEAKER talk 1 2.000 3.004 <NA> <NA> SPEAKER_01 <NA> <NA>\n";

class Convert : public ::testing::Test {
 protected:
  Convert() {
    std::filesystem::current_path(directory_.path());
    write_text("talk.rttm", kRttm);
  }
  ~Convert() override { std::filesystem::current_path("/"); }

  void expect_failure(std::vector<std::string> arguments, int exit_code, const std::string& says) {
    const std::size_t entries_before = directory_.num_entries();
    arguments.insert(arguments.begin(), "convert");
    const CommandResult result = run_diarize(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, StartsWith("diarize: "));
    EXPECT_THAT(result.err, HasSubstr(says));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(directory_.num_entries(), entries_before);
  }

  TemporaryDirectory directory_;
};

TEST_F(Convert, ThroughEveryFormatAndBack) {
  const CommandResult all = run_diarize({"convert", "talk.rttm", "-o", "all/", "-f", "json,csv,srt,vtt",
                                         "--format", "TextGrid,audacity,elan,ctm"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(all.out + all.err, "");
  for (const char* name : {"json", "csv", "srt", "vtt", "TextGrid", "audacity.txt", "eaf", "ctm"}) {
    const CommandResult back = run_diarize({"convert", std::string("all/talk.") + name, "-o", "-"});
    EXPECT_EQ(back.out, kRttm) << name << back.err;
  }
}

TEST_F(Convert, TheExtensionSaysTheFormat) {
  ASSERT_EQ(run_diarize({"convert", "talk.rttm", "-o", "a.srt", "-o", "b.vtt", "--output", "-"}).out, kRttm);
  EXPECT_THAT(read_text("a.srt"), StartsWith("1\n00:00:00,500 --> "));
  EXPECT_THAT(read_text("b.vtt"), StartsWith("WEBVTT\n"));
  ASSERT_EQ(run_diarize({"convert", "talk.rttm", "-f", "ctm", "-o", "named.anything"}).exit_code, 0);
  EXPECT_THAT(read_text("named.anything"), StartsWith("talk 1 0.500"));
}

TEST_F(Convert, NamesFromBothPlaces) {
  write_text("who.txt", "# people\nSPEAKER_00=from file\nSPEAKER_01=Bo, jr.\n");
  const CommandResult csv = run_diarize({"convert", "talk.rttm", "-o", "-", "-f", "csv", "--names",
                                         "SPEAKER_00=Ann \"A.\"", "--names-file", "who.txt"});
  EXPECT_EQ(csv.out,
            "uri,start_s,end_s,speaker\ntalk,0.500,2.250,\"Ann \"\"A.\"\"\"\ntalk,2.000,5.004,\"Bo, jr.\"\n");
  // RTTM holds no spaces.
  EXPECT_THAT(run_diarize({"convert", "talk.rttm", "-o", "-", "--names", "SPEAKER_00=Ann B."}).out,
              HasSubstr("<NA> <NA> Ann_B. <NA>"));
  EXPECT_THAT(run_diarize({"convert", "talk.rttm", "-o", "-", "--names", "SPEAKR_00=Ann"}).err,
              HasSubstr("no speaker 'SPEAKR_00'"));
}

TEST_F(Convert, SeveralRecordings) {
  write_text("two.rttm", std::string(kRttm) + "SPEAKER ../other 1 0 1 <NA> <NA> X <NA> <NA>\n");
  ASSERT_EQ(run_diarize({"convert", "two.rttm", "-f", "srt,csv", "-o", "out/"}).exit_code, 0);
  EXPECT_THAT(read_text("out/talk.srt"), HasSubstr("SPEAKER_01"));
  EXPECT_EQ(read_text("out/_.._other.srt"), "1\n00:00:00,000 --> 00:00:01,000\n[X]\n\n");
  EXPECT_THAT(read_text("out/two.csv"), HasSubstr("../other,0.000,1.000,X"));
  expect_failure({"two.rttm", "-o", "x.srt"}, 2, "--output DIR/");
}

TEST_F(Convert, StandardInput) {
  EXPECT_THAT(run_diarize({"convert", "-", "--from", "rttm", "-f", "audacity"}, "talk.rttm").out,
              StartsWith("0.500000\t2.250000\tSPEAKER_00\n"));
  expect_failure({"-", "-f", "srt"}, 2, "--from");
}

TEST_F(Convert, Errors) {
  expect_failure({"talk.rttm"}, 2, "convert to what");
  expect_failure({"talk.rttm", "-o", "x.docx"}, 2, "names no format");
  expect_failure({"talk.rttm", "-f", "docx"}, 2, "there is no format 'docx'");
  expect_failure({"talk.rttm", "-f", "srt,vtt", "-o", "x.srt"}, 2, "directory");
  expect_failure({"talk.rttm", "-f", "srt,vtt", "-o", "-"}, 2, "several formats");
  expect_failure({"talk.rttm", "-f", "srt", "-o", "a.srt", "-o", "b.srt"}, 2, "leave out --format");
  expect_failure({"talk.rttm", "-f", "rttm"}, 2, "replace this run's own input");
  expect_failure({"talk.rttm", "-f", "srt", "--exclusive"}, 2, "no exclusive turns");
  expect_failure({"talk.rttm", "-f", "srt", "--names", "SPEAKER_00"}, 2, "LABEL=NAME");
  expect_failure({"talk.rttm", "-f", "srt", "--names-file", "absent"}, 3, "absent");
  expect_failure({"absent.rttm", "-f", "srt"}, 3, "absent.rttm");
  expect_failure({"talk.rttm", "-f", "rttm", "-o", "-", "--names", "SPEAKER_00=A B,SPEAKER_01=A_B"}, 2,
                 "A_B");
  write_text("bad.srt", "1\n00:00:01,000 --> 00:00:02,000\nno speaker\n");
  expect_failure({"bad.srt", "-f", "rttm"}, 3, "bad.srt:2");
}

}  // namespace
}  // namespace diar::cli_test
