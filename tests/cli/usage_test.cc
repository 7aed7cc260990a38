// Words and values that a user may well type: help, slips of the keyboard, empty values, a closed pipe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Usage, HelpAndVersionAsWords) {
  EXPECT_EQ(run_diarize({"help"}).out, run_diarize({"--help"}).out);
  EXPECT_THAT(run_diarize({"help"}).out, HasSubstr("--num-speakers"));
  EXPECT_EQ(run_diarize({"help", "score"}).out, run_diarize({"score", "--help"}).out);
  EXPECT_THAT(run_diarize({"version"}).out, StartsWith("diarize "));
  // A file of that name is a file.
  const TemporaryDirectory directory;
  std::filesystem::current_path(directory.path());
  write_text("help", "no audio");
  EXPECT_EQ(run_diarize({"help", "-o", "-"}).exit_code, 4);
  std::filesystem::current_path("/");
}

TEST(Usage, SlipsOfTheKeyboard) {
  const TemporaryDirectory directory;
  std::filesystem::current_path(directory.path());
  const auto expect_hint = [](const std::vector<std::string>& arguments, int exit_code,
                              const std::string& hint) {
    const CommandResult result = run_diarize(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(hint));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  };
  expect_hint({"x.wav", "--num-speaker", "2"}, 2, "did you mean --num-speakers?");
  expect_hint({"x.wav", "--ouptut=x"}, 2, "did you mean --output?");
  expect_hint({"segment", "x.wav", "--fromat", "csv"}, 2, "did you mean --format?");
  expect_hint({"models", "lst"}, 2, "did you mean list?");
  expect_hint({"scoer", "-o", "-"}, 3, "did you mean 'diarize score'?");
  expect_hint({"transcribe", "-o", "-"}, 3, "no file and no command 'transcribe'; diarize --help");
  expect_hint({"x.wav", "--frobnicate"}, 2, "--frobnicate (see diarize --help)");
  std::filesystem::current_path("/");
}

TEST(Usage, EmptyValuesAndNoNumbersAreRefused) {
  const TemporaryDirectory directory;
  const std::string wav = directory.file("a.wav");
  write_text(wav, wav_bytes(noise(1600), 16000, 1));
  for (const char* option : {"--num-speakers", "--min-speakers", "--max-speakers", "--min-duration", "--step",
                             "--chunk-size", "--threads", "--jobs", "--channel"}) {
    for (const char* value : {"", "nan", "-nan", "NaN", "nan(1)"}) {
      const CommandResult result = run_diarize({wav, "-o", "-", std::string(option) + "=" + value});
      EXPECT_EQ(result.exit_code, 2) << option << '=' << value << result.err;
      EXPECT_THAT(result.err, HasSubstr(option));
      const CommandResult apart = run_diarize({wav, "-o", "-", option, value});
      EXPECT_EQ(apart.exit_code, 2) << option << ' ' << value << apart.err;
    }
  }
  for (const char* option : {"--model", "--output", "--names", "--names-file", "--params", "--html", "--plot",
                             "--reference", "--format", "--speed"}) {
    EXPECT_EQ(run_diarize({wav, "-o", "-", option, ""}).exit_code, 2) << option;
  }
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"segment", wav, "--step", "nan"},
                                             {"score", wav, wav, "--collar", "nan"},
                                             {"assign", "-t", wav, "-s", wav, "--max-gap", "nan"},
                                             {"assign", "-t", wav, "-s", wav, "--max-gap", ""},
                                             {"tune", wav, wav, "--collar", "nan"},
                                             {"tune", wav, wav, "--seed", ""},
                                             {"tune", wav, wav, "--trials", "nan"}}) {
    EXPECT_EQ(run_diarize(arguments).exit_code, 2) << ::testing::PrintToString(arguments);
  }
}

TEST(Usage, AClosedPipeIsQuiet) {
  const auto run = [](const std::string& shell) {
    std::string text;
    std::FILE* pipe = popen(("(" + shell + ") 2>&1").c_str(), "r");
    char block[256];
    while (std::fgets(block, sizeof(block), pipe) != nullptr) text += block;
    EXPECT_EQ(pclose(pipe), 0);
    return text;
  };
  const std::string command = std::string("'") + DIAR_COMMAND + "'";
  // The reader is gone before anything is written.
  EXPECT_EQ(run("(sleep 0.3; " + command + " --help; echo $? >&2) | true"), "141\n");
  EXPECT_EQ(run("(sleep 0.3; " + command +
                " segment '" DIAR_SOURCE_DIR "/samples/conversation.flac' -q; echo $? >&2) | true"),
            "141\n");
}

// "Exactly this many" cannot always be had; then it is said.
TEST(Usage, FewerSpeakersThanAskedForIsSaid) {
  const TemporaryDirectory directory;
  const std::string wav = directory.file("a.wav");
  write_text(wav, wav_bytes(std::vector<std::int16_t>(16000 * 3, 0), 16000, 1));
  EXPECT_THAT(run_diarize({wav, "-o", "-", "--num-speakers", "3"}).err,
              HasSubstr("a.wav': 0 speakers found, not 3"));
  EXPECT_THAT(run_diarize({wav, "-o", "-", "--min-speakers", "2"}).err,
              HasSubstr("0 speakers found, not at least 2"));
  EXPECT_EQ(run_diarize({wav, "-o", "-", "--num-speakers", "3", "-q"}).err, "");
}

}  // namespace
}  // namespace diar::cli_test
