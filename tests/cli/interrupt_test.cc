// What a run leaves behind when it is stopped or the disk fills up: nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "child.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// A shell that runs these tests in the background has SIGINT ignored, which the command respects.
[[maybe_unused]] const auto kBefore = std::signal(SIGINT, SIG_DFL);

class StoppedBy : public ::testing::TestWithParam<int> {};

// --verbose names the device when the networks are loaded and the work begins.
TEST_P(StoppedBy, LeavesNothingBehind) {
  const TemporaryDirectory directory;
  const std::string input = directory.file("long.wav");
  write_text(input, wav_bytes(noise(16000 * 1200), 16000, 1));
  Child child({input, "--threads", "1", "--verbose"});
  ASSERT_TRUE(child.wait_for_error_output("device"));
  child.send(GetParam());
  const CommandResult result = child.finish();
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_THAT(result.err, EndsWith("diarize: cancelled\n"));
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(directory.num_entries(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Signals, StoppedBy, ::testing::Values(SIGINT, SIGTERM, SIGHUP), [](const auto& tested) {
      return std::string(tested.param == SIGINT ? "SIGINT" : tested.param == SIGTERM ? "SIGTERM" : "SIGHUP");
    });

// With several inputs, those that were finished keep their results.
TEST(Stopped, FinishedInputsStay) {
  const TemporaryDirectory directory;
  write_text(directory.file("first.wav"), wav_bytes(noise(8000), 16000, 1));
  write_text(directory.file("second.wav"), wav_bytes(noise(16000 * 1200), 16000, 1));
  Child child({directory.file("first.wav"), directory.file("second.wav"), "--threads", "1", "--verbose"});
  // Stage timings come at the end of an input.
  ASSERT_TRUE(child.wait_for_error_output("clustering"));
  child.send(SIGINT);
  EXPECT_EQ(child.finish().exit_code, 9);
  EXPECT_TRUE(std::filesystem::exists(directory.file("first.rttm")));
  EXPECT_EQ(directory.num_entries(), 3u);
}

// A limit on the size of files stops a write in its middle, as a full disk does.
TEST(FullDisk, HalfAFileIsRemoved) {
  const TemporaryDirectory directory;
  const std::string input = directory.file("talk.flac");
  std::filesystem::copy(DIAR_SOURCE_DIR "/samples/conversation.flac", input);
  Child child({input, "--quiet", "--format", "json"}, "/dev/null", [] {
    const rlimit limit{700, 700};  // the JSON is longer, the error message shorter
    setrlimit(RLIMIT_FSIZE, &limit);
  });
  const CommandResult result = child.finish();
  EXPECT_EQ(result.exit_code, 6) << result.err;
  EXPECT_THAT(result.err, HasSubstr("cannot write"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(directory.num_entries(), 1u);
}

TEST(FullDisk, TheOldResultStaysWhole) {
  const TemporaryDirectory directory;
  const std::string input = directory.file("talk.flac");
  std::filesystem::copy(DIAR_SOURCE_DIR "/samples/conversation.flac", input);
  write_text(directory.file("talk.json"), "the old result\n");
  Child child({input, "--quiet", "--format", "json", "--overwrite"}, "/dev/null", [] {
    const rlimit limit{700, 700};
    setrlimit(RLIMIT_FSIZE, &limit);
  });
  EXPECT_EQ(child.finish().exit_code, 6);
  EXPECT_EQ(read_text(directory.file("talk.json")), "the old result\n");
  EXPECT_EQ(directory.num_entries(), 2u);
}

}  // namespace
}  // namespace diar::cli_test
