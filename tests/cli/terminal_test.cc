// The bar that a user sees in a terminal while diarize works.
#include <gtest/gtest.h>

#include <algorithm>

#include "terminal.h"

namespace diar::cli_test {
namespace {

constexpr std::string_view kErase = "\r\x1b[K";

class TerminalTest : public ::testing::Test {
 protected:
  TerminalTest() { write_text(audio_, wav_bytes(noise(16000 * 40), 16000, 1)); }
  std::vector<std::string> command(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {audio_,      "-o", scratch_.file("out.rttm"), "--model", "starter",
                                      "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  TemporaryDirectory scratch_;
  std::string audio_ = scratch_.file("noise.wav");
};

TEST_F(TerminalTest, ABarGrowsAndIsGoneBeforeTheResult) {
  const auto [seen, exit_code] = on_a_terminal(command());
  EXPECT_EQ(exit_code, 0) << seen;
  // The first line that stays ends the bar.
  const std::string drawn = seen.substr(0, seen.find('\n'));
  std::vector<int> percents;
  for (std::size_t at = drawn.find(" %"); at != std::string::npos; at = drawn.find(" %", at + 1)) {
    const std::size_t number = drawn.find_last_not_of("0123456789", at - 1) + 1;
    if (number < at) percents.push_back(std::stoi(drawn.substr(number, at - number)));
  }
  ASSERT_GE(percents.size(), 2u) << seen;
  EXPECT_TRUE(std::is_sorted(percents.begin(), percents.end())) << ::testing::PrintToString(percents);
  EXPECT_LE(percents.back(), 100);
  EXPECT_EQ(drawn.substr(drawn.rfind(kErase)).find("░"), std::string::npos)
      << "the bar still stands: " << seen;
  EXPECT_EQ(seen.substr(drawn.size()).find("░"), std::string::npos) << seen;
  EXPECT_NE(seen.find("real time"), std::string::npos) << seen;
}

TEST_F(TerminalTest, QuietAndWithoutProgressNothingIsDrawn) {
  for (const auto& flags : std::vector<std::vector<std::string>>{{"--quiet"}, {"--progress", "none"}}) {
    const auto [seen, exit_code] = on_a_terminal(command(flags));
    EXPECT_EQ(exit_code, 0) << seen;
    EXPECT_EQ(seen.find(kErase), std::string::npos) << seen;
  }
}

}  // namespace
}  // namespace diar::cli_test
