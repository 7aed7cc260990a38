// `diarize assign` as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;

const std::string kTalk = std::string(DIAR_SOURCE_DIR) + "/tests/data/transcripts/openai_whisper.json";

class AssignCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(rttm(),
               "SPEAKER talk 1 0.150 1.200 <NA> <NA> SPEAKER_00 <NA> <NA>\n"
               "SPEAKER talk 1 1.550 1.750 <NA> <NA> SPEAKER_01 <NA> <NA>\n"
               "SPEAKER talk 1 3.350 2.900 <NA> <NA> SPEAKER_00 <NA> <NA>\n");
  }
  std::string rttm() const { return directory_.file("talk.rttm"); }
  TemporaryDirectory directory_;
};

TEST_F(AssignCommandTest, PrintsTheConversation) {
  const auto result = run_diarize({"assign", "-t", kTalk, "-s", rttm()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "SPEAKER_00: Good morning, Ann.\n\nSPEAKER_01: Morning! Did you see the report?\n\n"
            "SPEAKER_00: Yes, I did. It's 42 pages long \U0001F600.\n");
}

TEST_F(AssignCommandTest, TakesItsInputsWithoutTheirOptions) {
  const auto named = run_diarize({"assign", "-t", kTalk, "-s", rttm()});
  const auto plain = run_diarize({"assign", kTalk, rttm()});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(plain.out, named.out);
  EXPECT_EQ(run_diarize({"assign", kTalk}).exit_code, 2);
  // The recording itself has no turns.
  const auto recording = run_diarize({"assign", kTalk, "call.wav"});
  EXPECT_EQ(recording.exit_code, 2);
  EXPECT_NE(recording.err.find("run 'diarize call.wav' first"), std::string::npos) << recording.err;
}

TEST_F(AssignCommandTest, WritesSeveralFilesByTheirExtensions) {
  const std::string odd = directory_.file("-talk \"of\" two.vtt");
  const auto result =
      run_diarize({"assign", "--transcript", kTalk, "--speakers", rttm(), "-o", directory_.file("talk.srt"),
                   "--output=" + odd, "-o", directory_.file("talk.json")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(read_text(directory_.file("talk.srt")).find("\nSPEAKER_01: Morning! Did you see the report?\n"),
            std::string::npos);
  EXPECT_NE(read_text(odd).find("<v SPEAKER_01>Morning!"), std::string::npos);
  EXPECT_NE(read_text(directory_.file("talk.json")).find("\"speaker\": \"SPEAKER_01\""), std::string::npos);
}

TEST_F(AssignCommandTest, AnOutputThatEndsInHtmlIsAPage) {
  const std::string page = directory_.file("talk.html");
  const std::string text = directory_.file("talk.txt");
  const auto result = run_diarize({"assign", kTalk, rttm(), "-o", page, "-o", text, "--names",
                                   "SPEAKER_00=Ann", "--max-gap", "0.25", "--no-smoothing"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out + result.err, "");
  EXPECT_EQ(read_text(text).substr(0, 18), "Ann: Good morning,");
  const std::string written = read_text(page);
  EXPECT_THAT(written, HasSubstr("\"speakers\":[\"Ann\",\"SPEAKER_01\"]"));
  EXPECT_THAT(written, HasSubstr("\"Morning!\""));
  EXPECT_THAT(written, HasSubstr("\"max_gap_s\":0.25,\"smooth\":false"));
  EXPECT_THAT(written, HasSubstr("\"audio\":{\"kind\":\"none\"}"));
  // With the recording the page plays.
  const std::string audio = directory_.file("talk.wav");
  write_text(audio, wav_bytes(noise(16000), 16000, 1));
  const auto heard = run_diarize({"assign", kTalk, rttm(), "--audio", audio, "-f", "html", "-o", page});
  EXPECT_EQ(heard.exit_code, 0) << heard.err;
  EXPECT_THAT(read_text(page), HasSubstr("id=\"audio-data\">GkXfo"));
  EXPECT_THAT(read_text(page), HasSubstr("\"max_gap_s\":1.0,\"smooth\":true"));
}

TEST_F(AssignCommandTest, NamesTakeThePlaceOfLabels) {
  const auto result =
      run_diarize({"assign", "-t", kTalk, "-s", rttm(), "--names", "SPEAKER_00=Ann,SPEAKER_07=Bo"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.substr(0, 18), "Ann: Good morning,");
  EXPECT_NE(result.out.find("SPEAKER_01: Morning!"), std::string::npos);
  EXPECT_NE(result.err.find("SPEAKER_07"), std::string::npos);
}

TEST_F(AssignCommandTest, ErrorsAreOneLineAndLeaveNothing) {
  const auto expect_failure = [&](const std::vector<std::string>& arguments, int code) {
    const std::size_t before = directory_.num_entries();
    const auto result = run_diarize(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(directory_.num_entries(), before);
  };
  const std::string out = directory_.file("out.srt");
  expect_failure({"assign", "-t", directory_.file("none.json"), "-s", rttm(), "-o", out}, 3);
  expect_failure({"assign", "-t", kTalk, "-s", kTalk, "-o", out}, 3);
  expect_failure({"assign", "-t", rttm(), "-s", rttm(), "-o", out}, 3);
  expect_failure({"assign", "-t", directory_.path().string(), "-s", rttm(), "-o", out}, 3);
  expect_failure({"assign", "-t", kTalk, "-s", rttm(), "-o", directory_.file("out.docx")}, 2);
  expect_failure({"assign", "-t", kTalk, "-s", rttm(), "--max-gap", "-1"}, 2);
  expect_failure({"assign", "-t", kTalk, "-s", rttm(), "-o", directory_.file("no/such/out.srt")}, 6);
  expect_failure({"assign", "-t", kTalk}, 2);
  const std::string page = directory_.file("out.html");
  expect_failure({"assign", kTalk, rttm(), "-o", page, "-o", directory_.file("b.html")}, 2);
  expect_failure({"assign", kTalk, rttm(), "-f", "html"}, 2);
  expect_failure({"assign", kTalk, rttm(), "-o", page, "--audio", directory_.file("none.wav")}, 3);
  expect_failure({"assign", kTalk, rttm(), "-o", out, "--audio", kTalk}, 2);
  expect_failure({"assign", kTalk, rttm(), "-o", directory_.file("none/out.html")}, 6);
  expect_failure({"assign", "-t", kTalk, "-s", rttm(), "--names", "Ann"}, 2);
}

}  // namespace
}  // namespace diar::cli_test
