// The bar that a user sees in a terminal while diarize works.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "screen.h"
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

// What was drawn between two erasures: each must stay on its line.
std::vector<std::string> drawn_lines(const std::string& screen) {
  std::vector<std::string> lines;
  for (std::size_t at = screen.find(kErase); at != std::string::npos;) {
    const std::size_t next = screen.find(kErase, at + kErase.size());
    // The last erasure is followed by what stays.
    if (next == std::string::npos) break;
    lines.push_back(screen.substr(at + kErase.size(), next - at - kErase.size()));
    at = next;
  }
  return lines;
}

class TerminalWidth : public TerminalTest, public ::testing::WithParamInterface<unsigned short> {};

TEST_P(TerminalWidth, TheBarStaysOnOneLine) {
  // A name of a podcast's length, with letters of several bytes and of two cells.
  const std::string longest =
      scratch_.file("Folge 0123 - Über die Gewohnheit, 会议 lange Namen zu vergeben, und was das kostet.wav");
  std::filesystem::rename(audio_, longest);
  const auto [seen, exit_code] = on_a_terminal(
      {"segment", longest, "-o", scratch_.file("o.rttm"), "--model", "starter", "--threads", "1"}, "",
      {GetParam(), {}});
  EXPECT_EQ(exit_code, 0) << seen;
  const std::vector<std::string> lines = drawn_lines(seen);
  ASSERT_FALSE(lines.empty()) << seen;
  for (const std::string& line : lines) {
    EXPECT_LT(cli::cells_of(line), GetParam()) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    EXPECT_TRUE(line.empty() || line.find(" %") != std::string::npos) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Columns, TerminalWidth, ::testing::Values(20, 40, 80, 200));

TEST_F(TerminalTest, TheBarFollowsTheWidth) {
  // Narrow from the first bar on.
  const auto narrow = [](const std::string& screen) -> unsigned short {
    return screen.find("░") == std::string::npos ? 100 : 30;
  };
  const auto [seen, exit_code] = on_a_terminal(command(), "", {100, narrow});
  EXPECT_EQ(exit_code, 0) << seen;
  const std::vector<std::string> lines = drawn_lines(seen);
  ASSERT_GE(lines.size(), 3u) << seen;
  // One more may have been on its way.
  for (std::size_t i = 2; i < lines.size(); ++i) EXPECT_LT(cli::cells_of(lines[i]), 30u) << lines[i];
}

TEST_F(TerminalTest, ControlCharactersOfANameAreNotSentToTheScreen) {
  const std::string hostile = scratch_.file("a\x1b[31mred\xc2\x9b.wav");
  std::filesystem::copy_file(DIAR_SOURCE_DIR "/samples/conversation.flac", hostile);
  const auto [seen, exit_code] =
      on_a_terminal({hostile, "--model", "starter", "--step", "10", "--names", "SPEAKER_00=\xc2\x9bX"});
  EXPECT_EQ(exit_code, 0) << seen;
  EXPECT_EQ(seen.find("\x1b[31m"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("\xc2\x9b"), std::string::npos) << seen;
  EXPECT_NE(seen.find("a?[31mred?.rttm"), std::string::npos) << seen;
}

// Lines as they stay on the screen, without erased ones and colours.
std::vector<std::string> lines_on(const std::string& screen) {
  std::vector<std::string> lines;
  std::istringstream in(std::regex_replace(screen, std::regex("\x1b\\[[0-9;]*m"), ""));
  for (std::string line; std::getline(in, line);) {
    if (const std::size_t erased = line.rfind(kErase); erased != std::string::npos)
      line.erase(0, erased + kErase.size());
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

class ResultWidth : public TerminalTest, public ::testing::WithParamInterface<unsigned short> {};

TEST_P(ResultWidth, TurnsAndTotalsFitTheTerminal) {
  const auto [seen, exit_code] = on_a_terminal(
      {DIAR_SOURCE_DIR "/samples/conversation.flac", "--model", "starter", "--step", "10", "-o",
       scratch_.file("o.rttm"), "--speed", "faster", "--names", "SPEAKER_00=Ann-Sophie von Hohenstein"},
      "", {GetParam(), {}});
  EXPECT_EQ(exit_code, 0) << seen;
  const std::regex turn_line(R"(^ *\d+:\d\d\.\d .*\S)");
  std::size_t num_turns = 0;
  std::size_t num_totals = 0;
  for (const std::string& line : lines_on(seen)) {
    const bool is_total = line.find(" %") != std::string::npos;
    const bool is_turn = !is_total && std::regex_match(line, turn_line);
    num_turns += is_turn ? 1 : 0;
    num_totals += is_total ? 1 : 0;
    if (is_turn || is_total) {
      EXPECT_LT(cli::cells_of(line), GetParam()) << line;
    }
    EXPECT_TRUE(!is_total || GetParam() < 100 || line.find("▇") != std::string::npos) << line;
  }
  EXPECT_GE(num_turns, 3u) << seen;
  EXPECT_GE(num_totals, 2u) << seen;
  // Names are cut where they must be, and only there.
  EXPECT_EQ(seen.find("Ann-Sophie von Hohenstein") != std::string::npos, GetParam() >= 80) << seen;
  EXPECT_NE(seen.find("Ann"), std::string::npos) << seen;
  EXPECT_NE(seen.find("SPEAKER_01"), std::string::npos) << "who is who must be seen: " << seen;
}

TEST_P(ResultWidth, TheTableOfScoresFitsTheTerminal) {
  const std::string truth = DIAR_SOURCE_DIR "/samples/conversation.rttm";
  const auto [seen, exit_code] = on_a_terminal({"score", truth, truth}, "", {GetParam(), {}});
  EXPECT_EQ(exit_code, 0) << seen;
  const std::vector<std::string> lines = lines_on(seen);
  for (const std::string& line : lines) EXPECT_LE(cli::cells_of(line), GetParam()) << line;
  // Every column is there, however narrow.
  for (const char* heading : {"speech s", "DER %", "confus.", "detect.", "speakers", "off"})
    EXPECT_NE(seen.find(heading), std::string::npos) << heading << '\n' << seen;
  EXPECT_EQ(lines.size() > 3, GetParam() < 120) << seen;
}

INSTANTIATE_TEST_SUITE_P(Columns, ResultWidth, ::testing::Values(20, 40, 80, 200));

constexpr std::string_view kCyan = "\x1b[36m";  // of the first speaker

TEST_F(TerminalTest, ColoursWhereTheTerminalHasThem) {
  const std::vector<std::string> run = {"report", DIAR_SOURCE_DIR "/samples/nothing.rttm", "--html",
                                        "x.html"};
  const auto red = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = run;
    words.insert(words.end(), more.begin(), more.end());
    return on_a_terminal(words).screen.find("\x1b[1;31mdiarize:\x1b[0m ") != std::string::npos;
  };
  unsetenv("NO_COLOR");
  setenv("TERM", "xterm-256color", 1);
  EXPECT_TRUE(red({}));
  EXPECT_FALSE(red({"--color", "never"}));
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(red({}));
  EXPECT_TRUE(red({"--color=always"}));
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(red({})) << "an empty NO_COLOR says nothing";
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(red({}));
  setenv("TERM", "xterm-256color", 1);
  // Not on a terminal: none, unless asked for.
  EXPECT_EQ(run_diarize(run).err.find('\x1b'), std::string::npos);
  std::vector<std::string> always = run;
  always.insert(always.end(), {"--color", "always"});
  EXPECT_NE(run_diarize(always).err.find("\x1b[1;31m"), std::string::npos);
  EXPECT_EQ(run_diarize({"--help"}).out.find('\x1b'), std::string::npos);
  EXPECT_NE(run_diarize({"--help", "--color", "always"}).out.find("\x1b[1mUsage:"), std::string::npos);
  EXPECT_EQ(run_diarize({"x.wav", "--color", "blue"}).exit_code, 2);
}

TEST_F(TerminalTest, SpeakersHaveTheColourOfTheirTotals) {
  unsetenv("NO_COLOR");
  setenv("TERM", "xterm-256color", 1);
  const std::vector<std::string> run = {DIAR_SOURCE_DIR "/samples/conversation.flac",
                                        "--model",
                                        "starter",
                                        "--step",
                                        "10",
                                        "--speed",
                                        "faster",
                                        "-o",
                                        scratch_.file("o.rttm")};
  const std::string seen = on_a_terminal(run).screen;
  const std::string name = std::string(kCyan) + "SPEAKER_00\x1b[0m";
  const std::size_t turn = seen.find(name);
  ASSERT_NE(turn, std::string::npos) << seen;
  EXPECT_NE(seen.find(name, turn + 1), std::string::npos) << seen;
  EXPECT_EQ(run_diarize(run).out.find('\x1b'), std::string::npos);
}

TEST(Screen, CellsOfText) {
  EXPECT_EQ(cli::cells_of("abc"), 3u);
  EXPECT_EQ(cli::cells_of("Über"), 4u);
  EXPECT_EQ(cli::cells_of("会议"), 4u);
  EXPECT_EQ(cli::cells_of("e\xcc\x81"), 1u);  // e and a combining accent
  EXPECT_EQ(cli::cells_of("\xff\xc3"), 2u);   // no UTF-8
  EXPECT_EQ(cli::clipped("会议记录", 5), "会议…");
  EXPECT_EQ(cli::clipped("会议记录", 4), "会…");
  EXPECT_EQ(cli::clipped("abc", 3), "abc");
  EXPECT_EQ(cli::clipped("abcd", 3), "ab…");
  EXPECT_EQ(cli::clipped("abcd", 0), "");
  EXPECT_EQ(cli::screen_text("a\x1b\x7f\xc2\x9bü\xff\n"), "a???ü??");
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
