// The diarize command as a process to look at while it runs: wait for a word, send a signal, limit its files.
#pragma once

#include <sys/resource.h>

#include <functional>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {

/// Streams go to files in a directory of its own. Killed and waited for by the destructor if still running.
class Child {
 public:
  /// `before_exec` runs in the new process, `input_file` is its standard input.
  explicit Child(const std::vector<std::string>& arguments, const std::string& input_file = "/dev/null",
                 const std::function<void()>& before_exec = {}) {
    std::vector<std::string> words = {DIAR_COMMAND};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string out = scratch_.file("out");
    const std::string err = scratch_.file("err");
    process_ = fork();
    if (process_ != 0) return;
    if (freopen(input_file.c_str(), "rb", stdin) == nullptr ||
        freopen(out.c_str(), "wb", stdout) == nullptr || freopen(err.c_str(), "wb", stderr) == nullptr) {
      _exit(126);
    }
    if (before_exec) before_exec();
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~Child() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// False when the word has not come within a minute.
  bool wait_for_error_output(const std::string& word) const { return wait_for("err", word); }
  /// The same for standard output.
  bool wait_for_output(const std::string& word) const { return wait_for("out", word); }
  void send(int signal) const { kill(process_, signal); }
  CommandResult finish() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    CommandResult result;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = read_text(scratch_.file("out"));
    result.err = read_text(scratch_.file("err"));
    return result;
  }

 private:
  bool wait_for(const std::string& stream, const std::string& word) const {
    for (int tries = 0; tries < 6000; ++tries) {
      if (read_text(scratch_.file(stream)).find(word) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  TemporaryDirectory scratch_;
  pid_t process_ = -1;
};

}  // namespace diar::cli_test
