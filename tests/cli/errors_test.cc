// One test for each row of the table in docs/errors.md: the exit code, one line that says what to do, nothing
// left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CommandErrors : public ::testing::Test {
 protected:
  // Every failure is exactly one line, and the directory holds what it held before.
  void expect_failure(const std::vector<std::string>& arguments, int exit_code, const std::string& says,
                      const std::string& input_file = "/dev/null") {
    const std::size_t entries_before = directory_.num_entries();
    const CommandResult result = run_diarize(arguments, input_file);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, StartsWith("diarize: "));
    EXPECT_THAT(result.err, HasSubstr(says));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(directory_.num_entries(), entries_before);
  }

  std::string wav(const std::string& name, const std::vector<std::int16_t>& samples,
                  int sample_rate_hz = 16000, int num_channels = 1, std::int64_t declared_bytes = -1) {
    const std::string path = directory_.file(name);
    write_text(path, wav_bytes(samples, sample_rate_hz, num_channels, declared_bytes));
    return path;
  }

  TemporaryDirectory directory_;
};

TEST_F(CommandErrors, NoInput) {
  expect_failure({}, 2, "no input");
}
TEST_F(CommandErrors, UnknownOption) {
  expect_failure({"--frobnicate", "x.wav"}, 2, "--frobnicate");
}
TEST_F(CommandErrors, ZeroSpeakers) {
  expect_failure({wav("a.wav", noise(1600)), "--num-speakers", "0"}, 2, "at least 1");
}
TEST_F(CommandErrors, MinimumAboveMaximum) {
  expect_failure({wav("a.wav", noise(1600)), "--min-speakers", "3", "--max-speakers", "2"}, 2,
                 "--min-speakers 3");
}
TEST_F(CommandErrors, ExactCountAndBounds) {
  expect_failure({wav("a.wav", noise(1600)), "--num-speakers", "3", "--max-speakers", "2"}, 2, "not both");
}
TEST_F(CommandErrors, WindowAndStepOutOfRange) {
  const std::string input = wav("a.wav", noise(1600));
  expect_failure({input, "--chunk-size", "10"}, 2, "--chunk-size");
  expect_failure({input, "--step", "0"}, 2, "--step");
  expect_failure({input, "--step", "11"}, 2, "step");
  expect_failure({input, "--min-duration", "-1"}, 2, "--min-duration");
  expect_failure({input, "--threads", "0"}, 2, "--threads");
  expect_failure({input, "--device", "abacus"}, 2, "--device");
}
TEST_F(CommandErrors, TwoInputsIntoOneFile) {
  expect_failure({wav("a.wav", noise(1600)), wav("b.wav", noise(1600)), "-o", directory_.file("x.rttm")}, 2,
                 "directory");
}
TEST_F(CommandErrors, TwoInputsOfOneName) {
  std::filesystem::create_directory(directory_.file("sub"));
  const std::string other = wav("sub/a.wav", noise(1600));
  expect_failure({wav("a.wav", noise(1600)), other, "-o", directory_.file("sub")}, 2, "both write");
}
TEST_F(CommandErrors, ResultWouldReplaceItsInput) {
  const std::string input = wav("a.rttm", noise(1600));
  expect_failure({input}, 2, "replace this run's own input");
}

TEST_F(CommandErrors, NoSuchFile) {
  expect_failure({directory_.file("absent.wav")}, 3, "absent.wav");
}
TEST_F(CommandErrors, Directory) {
  expect_failure({directory_.path().string(), "-o", "-"}, 3, "directory");
}

TEST_F(CommandErrors, NotAudio) {
  write_text(directory_.file("notes.wav"), "These are notes, not a recording.\n");
  expect_failure({directory_.file("notes.wav")}, 4, "notes.wav");
}
TEST_F(CommandErrors, EmptyFile) {
  write_text(directory_.file("empty.wav"), "");
  expect_failure({directory_.file("empty.wav")}, 4, "empty");
}
TEST_F(CommandErrors, ZeroSamples) {
  expect_failure({wav("zero.wav", {})}, 4, "zero.wav");
}
TEST_F(CommandErrors, HeaderLiesAboutLength) {
  expect_failure({wav("lie.wav", noise(16000), 16000, 1, 3200000)}, 4, "--allow-truncated");
}
TEST_F(CommandErrors, TruncatedInTheMiddle) {
  const std::string whole = wav("whole.wav", noise(64000));
  write_text(directory_.file("half.wav"), read_text(whole).substr(0, 64000));
  expect_failure({directory_.file("half.wav")}, 4, "--allow-truncated");
  EXPECT_EQ(run_diarize({directory_.file("half.wav"), "--allow-truncated", "-o", "-"}).exit_code, 0);
}
TEST_F(CommandErrors, EmptyStandardInput) {
  expect_failure({"-"}, 4, "standard input");
}
TEST_F(CommandErrors, NoSuchChannel) {
  expect_failure({wav("a.wav", noise(1600)), "--channel", "1"}, 4, "channel");
}

// 32-bit float WAV (format 3) of silence whose 100th sample is the given four bytes.
std::string float_wav_with(const std::string& sample) {
  std::string bytes = wav_bytes(std::vector<std::int16_t>(32000, 0), 16000, 1);
  bytes[20] = 3;
  bytes[34] = 32;
  bytes[32] = 4;
  bytes.replace(28, 4, std::string("\x00\xfa\x00\x00", 4));  // 64000 bytes a second
  bytes.replace(44 + 400, 4, sample);
  return bytes;
}
TEST_F(CommandErrors, NanSamples) {
  write_text(directory_.file("nan.wav"), float_wav_with(std::string("\x00\x00\xc0\x7f", 4)));
  expect_failure({directory_.file("nan.wav")}, 4, "NaN");
}
TEST_F(CommandErrors, InfiniteSamples) {
  write_text(directory_.file("inf.wav"), float_wav_with(std::string("\x00\x00\x80\xff", 4)));
  expect_failure({directory_.file("inf.wav")}, 4, "infinite");
}
TEST_F(CommandErrors, CompressedAndTruncatedInTheMiddle) {
  const std::string whole = read_text(DIAR_SOURCE_DIR "/samples/conversation.flac");
  write_text(directory_.file("half.flac"), whole.substr(0, whole.size() / 2));
  expect_failure({directory_.file("half.flac")}, 4, "--allow-truncated");
}

TEST_F(CommandErrors, ModelDirectoryMissing) {
  expect_failure({wav("a.wav", noise(1600)), "--model", directory_.file("absent")}, 5, "absent");
}
TEST_F(CommandErrors, ModelDirectoryEmpty) {
  std::filesystem::create_directory(directory_.file("model"));
  expect_failure({wav("a.wav", noise(1600)), "--model", directory_.file("model")}, 5, "segmentation");
}
TEST_F(CommandErrors, ModelOfAnUnknownVersion) {
  std::filesystem::create_directory(directory_.file("model"));
  write_text(directory_.file("model/model.json"), R"({"format": "diarize.cpp model", "version": 99})");
  expect_failure({wav("a.wav", noise(1600)), "--model", directory_.file("model")}, 5, "version");
}
// Tensors that are not there, or of another shape, are named with their file.
TEST_F(CommandErrors, ModelWithoutATensor) {
  std::filesystem::copy(DIAR_SOURCE_DIR "/models/starter", directory_.file("model"),
                        std::filesystem::copy_options::recursive);
  std::filesystem::copy_file(DIAR_SOURCE_DIR "/models/starter/plda/plda.npz",
                             directory_.file("model/segmentation/weights.npz"),
                             std::filesystem::copy_options::overwrite_existing);
  expect_failure({wav("a.wav", noise(1600)), "--model", directory_.file("model")}, 5, "sincnet");
}
TEST_F(CommandErrors, TruncatedModelFile) {
  std::filesystem::copy(DIAR_SOURCE_DIR "/models/starter", directory_.file("model"),
                        std::filesystem::copy_options::recursive);
  const std::string weights = directory_.file("model/embedding/weights.npz");
  std::filesystem::resize_file(weights, std::filesystem::file_size(weights) / 2);
  expect_failure({wav("a.wav", noise(1600)), "--model", directory_.file("model")}, 5,
                 "embedding/weights.npz");
}
TEST_F(CommandErrors, ModelWithHostileSizes) {
  std::filesystem::create_directories(directory_.file("model/segmentation"));
  // A safetensors header that claims 2^62 bytes.
  write_text(directory_.file("model/segmentation/weights.safetensors"),
             std::string("\0\0\0\0\0\0\0\x40{}", 10));
  expect_failure({wav("a.wav", noise(1600)), "--model", directory_.file("model")}, 5, "weights.safetensors");
}

TEST_F(CommandErrors, OutputDirectoryMissing) {
  expect_failure({wav("a.wav", noise(1600)), "-o", directory_.file("absent/x.rttm")}, 6, "absent");
}
TEST_F(CommandErrors, OutputIsADirectoryOfTheSameName) {
  std::filesystem::create_directory(directory_.file("a.rttm"));
  expect_failure({wav("a.wav", noise(1600))}, 6, "directory");
}
// /proc refuses new files to everybody, root included.
TEST_F(CommandErrors, UnwritableOutput) {
  if (!std::filesystem::is_directory("/proc/self")) return;  // Linux only
  expect_failure({wav("a.wav", noise(1600)), "-o", "/proc/diarize.rttm"}, 6, "/proc/diarize.rttm");
}
TEST_F(CommandErrors, FullDisk) {
  const CommandResult result =
      run_diarize({wav("a.wav", noise(1600)), "-o", "-", "--json"}, "/dev/null", 0.0, "/dev/full");
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("standard output"));
}
TEST_F(CommandErrors, DeviceThatIsNotBuiltIn) {
  if (run_diarize({wav("a.wav", noise(1600)), "--device", "mlx", "-o", "-"}).exit_code == 0)
    return;  // MLX is built in
  expect_failure({wav("a.wav", noise(1600)), "--device", "mlx"}, 7, "MLX");
}

TEST_F(CommandErrors, OneBadInputDoesNotCostTheOthers) {
  const std::string good = wav("good.wav", noise(16000));
  write_text(directory_.file("bad.wav"), "bad");
  const CommandResult result = run_diarize({directory_.file("bad.wav"), good, "--quiet"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, EndsWith("1 of 2 inputs failed\n"));
  EXPECT_TRUE(std::filesystem::exists(directory_.file("good.rttm")));
  EXPECT_FALSE(std::filesystem::exists(directory_.file("bad.rttm")));
}

}  // namespace
}  // namespace diar::cli_test
