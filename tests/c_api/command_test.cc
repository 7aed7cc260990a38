// Recordings through the C interface: the command's RTTM, byte for byte. The package's tests
// (bindings/python/tests/test_golden.py) take the long ones, too.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

#include "c_api/c_caller.h"

namespace diar {
namespace {

using namespace c_api_test;

std::string rttm_of_the_command(const std::string& path, const std::string& flags) {
  const std::string line =
      "'" DIAR_COMMAND "' '" + path + "' --model '" + kModel + "' --quiet --output - " + flags;
  FILE* const output = popen(line.c_str(), "r");
  if (output == nullptr) return "the command did not start";
  std::string text;
  std::array<char, 4096> block;
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), output))
    text.append(block.data(), count);
  EXPECT_EQ(pclose(output), 0) << line;
  return text;
}

class CApiCommand : public CApi, public ::testing::WithParamInterface<const char*> {};

TEST_P(CApiCommand, GivesTheSameText) {
  const std::string path = DIAR_TEST_DATA "/golden/audio/" + std::string(GetParam()) + ".flac";
  ASSERT_TRUE(std::filesystem::exists(path));
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_diarize_file(engine_, path.c_str(), nullptr, &raw), DIAR_OK) << diar_last_error();
  const ResultPtr result(raw);
  EXPECT_EQ(text_of(raw), rttm_of_the_command(path, ""));
}

TEST_F(CApi, ExclusiveTurnsAreTheCommands) {
  diar_options with = options();
  with.num_speakers = 2;
  with.min_duration_s = 0.3;
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_diarize_file(engine_, kTwoSpeakers.c_str(), &with, &raw), DIAR_OK);
  const ResultPtr result(raw);
  EXPECT_EQ(text_of(raw, "rttm", DIAR_TURNS_EXCLUSIVE),
            rttm_of_the_command(kTwoSpeakers, "--exclusive --num-speakers 2 --min-duration 0.3"));
}

INSTANTIATE_TEST_SUITE_P(Recordings, CApiCommand,
                         ::testing::Values("full_width", "instant", "noise", "one_speaker", "overlap",
                                           "phantom", "short", "silence", "ten_seconds",
                                           "ten_seconds_and_one", "three_speakers", "two_speakers"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace diar
