// A signal ends every run within a second, also one that waits for what never comes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <memory>
#include <sstream>

#include "child.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;

/// A FIFO that somebody holds open and nobody writes to.
class SilentFifo {
 public:
  explicit SilentFifo(const std::string& path) {
    if (mkfifo(path.c_str(), 0600) == 0) descriptor_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
  }
  ~SilentFifo() { close(descriptor_); }
  SilentFifo(const SilentFifo&) = delete;
  SilentFifo& operator=(const SilentFifo&) = delete;

  void write(const std::string& bytes) const {
    ASSERT_EQ(::write(descriptor_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // Filled until it takes no more.
  void fill() const {
    fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    const std::string block(4096, 'x');
    while (::write(descriptor_, block.data(), block.size()) > 0) {
    }
  }

 private:
  int descriptor_ = -1;
};

class Stalled : public ::testing::TestWithParam<int> {
 protected:
  Stalled() : fifo_(directory_.file("fifo.rttm")) {
    write_text(directory_.file("turns.rttm"), "SPEAKER rec 1 0 1 <NA> <NA> A <NA> <NA>\n");
    write_text(directory_.file("rec.wav"), wav_bytes(noise(8000), 16000, 1));
  }

  // Ctrl-C is caught from the start of main on; before that it would end the process as any other.
  static void wait_until_caught(pid_t process) {
    for (int tries = 0; tries < 3000; ++tries) {
      std::istringstream status(read_text("/proc/" + std::to_string(process) + "/status"));
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with("SigCgt:") && (std::stoull(line.substr(7), nullptr, 16) & 2) != 0) return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "the command does not catch SIGINT";
  }

  void expect_end(const std::vector<std::string>& arguments, const std::string& input = "/dev/null",
                  const std::string& output = {}) {
    const std::size_t entries = directory_.num_entries();
    std::chrono::steady_clock::time_point sent;
    const CommandResult result = run_diarize_while(
        arguments,
        [&](pid_t child) {
          wait_until_caught(child);
          std::this_thread::sleep_for(std::chrono::milliseconds(100));  // well into its wait
          sent = std::chrono::steady_clock::now();
          kill(child, GetParam());
        },
        input, output);
    const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - sent;
    SCOPED_TRACE(::testing::PrintToString(arguments));
    EXPECT_EQ(result.exit_code, 9) << result.err;
    EXPECT_EQ(result.err, "diarize: cancelled\n");
    // The command takes less than one; the rest is for a machine that other tests keep busy.
    EXPECT_LT(waited.count(), 2.0);
    EXPECT_EQ(directory_.num_entries(), entries);
  }

  TemporaryDirectory directory_;
  const std::string turns_ = directory_.file("turns.rttm");
  const std::string wav_ = directory_.file("rec.wav");
  const std::string path_ = directory_.file("fifo.rttm");
  SilentFifo fifo_;
};

TEST_P(Stalled, AudioThatDoesNotCome) {
  expect_end({"-", "-q", "-o", "-"}, path_);
  expect_end({path_, "-q", "-o", "-"});
  expect_end({"segment", "-", "-q"}, path_);
  expect_end({"report", turns_, "--audio", path_, "--html", directory_.file("x.html")});
  // Half a recording, then nothing.
  fifo_.write(wav_bytes(noise(16000), 16000, 1).substr(0, 20000));
  expect_end({"-", "-q", "-o", "-"}, path_);
}

TEST_P(Stalled, TextThatDoesNotCome) {
  expect_end({"convert", "-", "--from", "rttm", "-f", "csv"}, path_);
  expect_end({"convert", path_, "-f", "csv", "-o", "-"});
  expect_end({"convert", turns_, "-f", "csv", "-o", "-", "--names-file", path_});
  expect_end({"assign", "-t", path_, "-s", turns_});
  expect_end({"report", path_, "--html", directory_.file("x.html")});
  expect_end({"score", turns_, path_});
  expect_end({"tune", wav_, path_, "-o", directory_.file("x.json")});
}

TEST_P(Stalled, OutputThatNobodyTakes) {
  fifo_.fill();
  expect_end({"convert", turns_, "-f", "rttm", "-o", path_});
  expect_end({"completion", "bash"}, "/dev/null", path_);
}

// A server that takes the connection and says nothing.
TEST_P(Stalled, ADownloadThatDoesNotCome) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(server, 8), 0);
  ASSERT_EQ(getsockname(server, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const TemporaryDirectory home;
  const std::string endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  setenv("HF_ENDPOINT", endpoint.c_str(), 1);
  setenv("HF_HOME", home.path().c_str(), 1);
  expect_end({"models", "pull", "community-1-open", "-q"});
  unsetenv("HF_ENDPOINT");
  unsetenv("HF_HOME");
  close(server);
}

INSTANTIATE_TEST_SUITE_P(Signals, Stalled, ::testing::Values(SIGINT, SIGTERM), [](const auto& tested) {
  return std::string(tested.param == SIGINT ? "SIGINT" : "SIGTERM");
});

}  // namespace
}  // namespace diar::cli_test
