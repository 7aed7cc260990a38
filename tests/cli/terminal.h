// The diarize command in a terminal: what a user sees who types it.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <functional>
#include <string>
#include <vector>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {

struct Session {
  std::string screen;  ///< all that came, erased lines too
  int exit_code = -1;
};

/// A terminal's columns, which `resize` may change while the command runs: it gets the screen so far.
struct Columns {
  unsigned short first = 80;
  std::function<unsigned short(const std::string& screen)> resize = {};
};

/// All three streams are a pseudo-terminal; `answer` is typed once a question "[y/N]" stands.
/// Not forkpty: it calls the C library's own fork, which ThreadSanitizer does not see and hangs in.
inline Session on_a_terminal(const std::vector<std::string>& arguments, const std::string& answer = "",
                             const Columns& columns = {}) {
  std::vector<std::string> words = {DIAR_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Session session;
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return session;
  // Open before there is a reader: reading ends with an error once nobody holds this end any more.
  const int device = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  const auto set_columns = [terminal](unsigned short number) {
    const winsize size{25, number, 0, 0};
    ioctl(terminal, TIOCSWINSZ, &size);
  };
  set_columns(columns.first);
  const pid_t child = fork();
  if (child == 0) {
    close(terminal);
    setsid();
    ioctl(device, TIOCSCTTY, 0);
    for (int stream = 0; stream < 3; ++stream) dup2(device, stream);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(device);
  bool answered = false;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(terminal, buffer, sizeof(buffer))) > 0;) {
    session.screen.append(buffer, static_cast<std::size_t>(got));
    if (columns.resize) set_columns(columns.resize(session.screen));
    if (answered || session.screen.find("[y/N]") == std::string::npos) continue;
    answered = write(terminal, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
  }
  close(terminal);
  int status = 0;
  waitpid(child, &status, 0);
  session.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return session;
}

}  // namespace diar::cli_test
