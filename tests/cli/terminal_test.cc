// What a user sees who runs diarize in a terminal: standard error is a pseudo-terminal here.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "command.h"

namespace diar::cli_test {
namespace {

constexpr std::string_view kErase = "\r\x1b[K";

/// The exit code, and everything that went to the terminal.
std::pair<int, std::string> run_in_terminal(std::vector<std::string> words) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
    ADD_FAILURE() << "no pseudo-terminal";
    return {-1, ""};
  }
  const std::string name = ptsname(terminal);
  words.insert(words.begin(), DIAR_COMMAND);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    close(terminal);
    const int device = open(name.c_str(), O_WRONLY | O_NOCTTY);
    const int nowhere = open("/dev/null", O_RDWR);
    if (device < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 1) < 0 || dup2(device, 2) < 0) _exit(126);
    execv(argv[0], argv.data());
    _exit(127);
  }
  std::string seen;
  int status = 0;
  bool ended = false;
  // Reading fails once nobody holds the terminal any more, and may fail before the command has opened it.
  while (true) {
    char bytes[4096];
    const ssize_t got = read(terminal, bytes, sizeof(bytes));
    if (got > 0) {
      seen.append(bytes, static_cast<std::size_t>(got));
    } else if (ended) {
      break;
    } else {
      ended = waitpid(child, &status, WNOHANG) == child;
      if (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  close(terminal);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), seen};
}

class TerminalTest : public ::testing::Test {
 protected:
  TerminalTest() { write_text(audio_, wav_bytes(noise(16000 * 40), 16000, 1)); }
  std::vector<std::string> command(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {audio_, "-o", scratch_.file("out.rttm"), "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  TemporaryDirectory scratch_;
  std::string audio_ = scratch_.file("noise.wav");
};

TEST_F(TerminalTest, ABarGrowsAndIsGoneBeforeTheResult) {
  const auto [exit_code, seen] = run_in_terminal(command());
  EXPECT_EQ(exit_code, 0) << seen;
  std::vector<int> percents;
  for (std::size_t at = seen.find(" %"); at != std::string::npos; at = seen.find(" %", at + 1)) {
    const std::size_t number = seen.find_last_not_of("0123456789", at - 1) + 1;
    if (number < at) percents.push_back(std::stoi(seen.substr(number, at - number)));
  }
  ASSERT_GE(percents.size(), 2u) << seen;
  EXPECT_TRUE(std::is_sorted(percents.begin(), percents.end())) << ::testing::PrintToString(percents);
  EXPECT_LE(percents.back(), 100);
  // What comes after the bar stands on a clean line.
  const std::string rest = seen.substr(seen.rfind(kErase) + kErase.size());
  EXPECT_EQ(rest.find_first_of("%"), std::string::npos) << seen;
  EXPECT_TRUE(rest.empty() || rest.ends_with("\n")) << seen;
}

TEST_F(TerminalTest, QuietAndWithoutProgressNothingIsDrawn) {
  for (const auto& flags : std::vector<std::vector<std::string>>{{"--quiet"}, {"--progress", "none"}}) {
    const auto [exit_code, seen] = run_in_terminal(command(flags));
    EXPECT_EQ(exit_code, 0) << seen;
    EXPECT_EQ(seen.find(kErase), std::string::npos) << seen;
  }
}

}  // namespace
}  // namespace diar::cli_test
