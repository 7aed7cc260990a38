// Inputs that are meant to hurt: files without end, names that command a terminal, names that a sheet
// computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "../child.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class HostileInputs : public ::testing::Test {
 protected:
  HostileInputs() { write_text(turns_, "SPEAKER rec 1 0.100 1.000 <NA> <NA> A <NA> <NA>\n"); }

  TemporaryDirectory directory_;
  const std::string turns_ = directory_.file("turns.rttm");
};

// Processor seconds bound a run that would never end: the signal would show in its exit code.
TEST_F(HostileInputs, FilesWithoutEnd) {
  const auto bounded = [] {
    const rlimit seconds{20, 20};
    setrlimit(RLIMIT_CPU, &seconds);
  };
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"convert", turns_, "-f", "csv", "-o", "-", "--names-file", "/dev/zero"},
           {"convert", "/dev/zero", "--from", "rttm", "-f", "csv", "-o", "-"},
           {"score", turns_, "/dev/zero"},
           {"score", turns_, turns_, "--uem", "/dev/zero"},
           {"assign", "-t", "/dev/zero", "-s", turns_},
           {"report", "/dev/zero", "--format", "json", "--html", directory_.file("x.html")},
           {"/dev/zero", "-q", "-o", "-"},
           {turns_, "-q", "-o", "-", "--params", "/dev/zero"}}) {
    Child child(arguments, "/dev/null", bounded);
    const CommandResult result = child.finish();
    EXPECT_GE(result.exit_code, 2) << ::testing::PrintToString(arguments) << result.err;
    EXPECT_LE(result.exit_code, 5) << ::testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST_F(HostileInputs, WhatIsNoRttmIsRefused) {
  std::string binary;
  for (int i = 0; i < 4096; ++i) binary += static_cast<char>(i * 37);
  for (const std::string& text :
       {std::string("root:x:0:0:root:/root:/bin/sh\n"), binary, std::string("{\"turns\": []}\n"),
        std::string("S\0\0\0P\0\0\0E\0\0\0", 12)}) {
    write_text(directory_.file("bad.rttm"), text);
    const CommandResult result =
        run_diarize({"convert", directory_.file("bad.rttm"), "-f", "json", "-o", "-"});
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(HostileInputs, NamesThatCommandATerminalAreNotPrinted) {
  const std::string escape = "\x1b]0;owned\x07";
  fs::copy_file(DIAR_SOURCE_DIR "/samples/conversation.flac", directory_.file(escape + ".flac"));
  const std::string odd = directory_.file("odd.rttm");
  write_text(odd, "SPEAKER " + escape + " 1 0.100 1.000 <NA> <NA> A <NA> <NA>\n");
  const std::string sound = directory_.file("rec.wav");
  write_text(sound, wav_bytes(noise(16000), 16000, 1));
  // A model from a stranger.
  const std::string model = directory_.file("model");
  fs::copy(DIAR_SOURCE_DIR "/models/starter", model, fs::copy_options::recursive);
  write_text(model + "/model.json", R"({"format": "diarize.cpp model", "version": 1,
      "name": "\u001b]0;owned\u0007", "licence": "\u001b]0;owned\u0007", "source": "<img>|\u009b"})");
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {directory_.file(escape + ".flac"), "--step", "10", "--model", "starter"},
           {directory_.file(escape + ".flac"), "--overwrite", "--step", "10", "--model", "starter",
            "--num-speakers", "9"},
           {directory_.file(escape + ".flac"), directory_.file(escape + ".absent"), "--resume", "--model",
            "starter"},
           {"score", odd, odd, "--per-file"},
           {"tune", sound, odd, "--trials", "1", "--overwrite", "-o", directory_.file("p.json"), "--model",
            model},
           {"models", "info", model},
           {"models", "convert", model, directory_.file("converted")},
           {"models", "info", directory_.file("converted")},
           {"models", "remove", escape},
           {sound, "-v", "--step", "10", "-q", "-o", "-", "--model", model},
           {"--" + escape},
           {escape}}) {
    const CommandResult result = run_diarize(arguments);
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("\x1b")));
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("\u009b")));
    if (arguments[0] != "models" || arguments[1] != "convert") {
      EXPECT_THAT(result.out + result.err, HasSubstr("?]0;owned?")) << ::testing::PrintToString(arguments);
    }
  }
  const std::string card = read_text(directory_.file("converted/README.md"));
  EXPECT_THAT(card, HasSubstr("&lt;img>\\| "));
  for (const char* hostile : {"\x1b", "\u009b"}) EXPECT_THAT(card, Not(HasSubstr(hostile)));
}

// A page may be moved with its recording, and tells nothing of the directories around.
TEST_F(HostileInputs, APageNeverNamesTheDirectoriesOfItsRecording) {
  fs::current_path(directory_.path());
  write_text("rec.wav", wav_bytes(noise(16000), 16000, 1));
  for (const char* page : {"m.html", "./n.html", "m.html"}) {
    ASSERT_EQ(
        run_diarize({"report", "turns.rttm", "--audio", "rec.wav", "--html", page, "--html-audio", "link"})
            .exit_code,
        0);
    EXPECT_THAT(read_text(page), HasSubstr("\"link\":\"rec.wav\"")) << page;
    EXPECT_THAT(read_text(page), Not(HasSubstr(directory_.path().string()))) << page;
  }
  fs::current_path("/");
}

}  // namespace
}  // namespace diar::cli_test
