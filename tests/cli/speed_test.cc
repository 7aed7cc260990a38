// The modes of the command: what is asked for is what the results say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.h"
#include "core/instruction_set.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;

class SpeedOption : public ::testing::TestWithParam<const char*> {};

TEST_P(SpeedOption, IsInTheJsonAndTheLog) {
  const std::string speed = GetParam();
  const TemporaryDirectory directory;
  write_text(directory.file("a.wav"), wav_bytes(noise(32000), 16000, 1));
  const CommandResult result = run_diarize(
      {directory.file("a.wav"), "--speed", speed, "--device", "cpu", "--json", "--verbose", "-o", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["speed"], speed);
  EXPECT_THAT(result.err, HasSubstr("speed   " + speed));
}

INSTANTIATE_TEST_SUITE_P(Names, SpeedOption, ::testing::Values("exact", "fast", "faster"));

// The device says so.
TEST(SpeedOption, OnlyFasterMultipliesInBfloat16UnlessThePrecisionIsGiven) {
  const TemporaryDirectory directory;
  write_text(directory.file("a.wav"), wav_bytes(noise(32000), 16000, 1));
  const auto bf16 = [&](std::vector<std::string> flags) {
    std::vector<std::string> words = {
        directory.file("a.wav"),   "--device", "cpu", "--verbose", "-o", "-", "--model",
        DIAR_TEST_DATA "/resnet34"};
    words.insert(words.end(), flags.begin(), flags.end());
    const CommandResult result = run_diarize(words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.err.find("BF16") != std::string::npos;
  };
  EXPECT_EQ(bf16({"--speed", "faster"}), has_bf16_products());
  EXPECT_FALSE(bf16({"--speed", "faster", "--precision", "float32"}));
  EXPECT_FALSE(bf16({"--speed", "fast"}));
  EXPECT_FALSE(bf16({}));
}

TEST(SpeedOption, ExactIsTheDefault) {
  const TemporaryDirectory directory;
  write_text(directory.file("a.wav"), wav_bytes(noise(16000), 16000, 1));
  const CommandResult result = run_diarize({directory.file("a.wav"), "--json", "-o", "-"});
  EXPECT_EQ(nlohmann::json::parse(result.out)["speed"], "exact");
}

TEST(SpeedOption, HelpNamesEveryMode) {
  const std::string help = run_diarize({"--help"}).out;
  const std::size_t at = help.find("--speed NAME");
  ASSERT_NE(at, std::string::npos);
  for (const char* name : {"exact", "fast", "faster"}) EXPECT_THAT(help.substr(at, 200), HasSubstr(name));
  EXPECT_THAT(run_diarize({"completion", "bash"}).out, HasSubstr("--speed"));
}

TEST(SpeedOption, UnknownNamesAreRefused) {
  const CommandResult result = run_diarize({"a.wav", "--speed", "fastest"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--speed"));
}

}  // namespace
}  // namespace diar::cli_test
