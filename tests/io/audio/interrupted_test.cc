// Reading from what gives nothing ends within a second once somebody asks, whoever asks and whatever is read.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "cli/command.h"
#include "diar/errors.h"
#include "diar/io/audio.h"

namespace diar {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::atomic<bool> stop_asked = false;

AudioOptions stoppable() {
  AudioOptions options;
  options.interrupted = [] { return stop_asked.load(); };
  return options;
}

// A pipe on standard input while the object lives; `bytes` lie in it, and its writing end stays open.
class StalledInput {
 public:
  explicit StalledInput(const std::string& bytes) : saved_(dup(STDIN_FILENO)) {
    EXPECT_EQ(pipe(ends_), 0);
    dup2(ends_[0], STDIN_FILENO);
    EXPECT_EQ(write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  ~StalledInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
    close(ends_[0]);
    close(ends_[1]);
  }
  StalledInput(const StalledInput&) = delete;
  StalledInput& operator=(const StalledInput&) = delete;

 private:
  int saved_;
  int ends_[2] = {-1, -1};
};

// Loads `path`, which gives no end, and asks from another thread after 200 ms. True when `Cancelled` came in
// time.
template <class Ask>
void expect_stops(const std::string& path, const AudioOptions& options, Ask ask) {
  stop_asked = false;
  Clock::time_point asked;
  std::thread other([&, reader = pthread_self()] {
    std::this_thread::sleep_for(200ms);
    asked = Clock::now();
    ask(reader);
  });
  EXPECT_THROW(load_audio(path, options), Cancelled);
  const auto ended = Clock::now();
  other.join();
  EXPECT_GE(ended, asked);
  EXPECT_LT(ended - asked, 1s);
}

void ask_by_flag(pthread_t) {
  stop_asked = true;
}

// As a command does it: a handler that sets a flag, and system calls that the kernel begins again.
void ask_by_signal(pthread_t reader) {
  pthread_kill(reader, SIGUSR1);
}

class Interrupted : public ::testing::TestWithParam<void (*)(pthread_t)> {
 protected:
  void SetUp() override {
    struct sigaction action = {};
    action.sa_handler = [](int) { stop_asked = true; };
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, nullptr);
  }
  const std::string whole_ = cli_test::wav_bytes(cli_test::noise(16000), 16000, 1);
};

TEST_P(Interrupted, StandardInputThatGivesNothing) {
  const StalledInput input("");
  expect_stops("-", stoppable(), GetParam());
}

TEST_P(Interrupted, StandardInputThatStopsInTheMiddle) {
  const StalledInput input(whole_.substr(0, 20000));
  expect_stops("-", stoppable(), GetParam());
}

TEST_P(Interrupted, StandardInputThatStopsAfterItsHeaderWasRead) {
  signal(SIGPIPE, SIG_IGN);  // the writer may still be at it
  const std::string much = cli_test::wav_bytes(cli_test::noise(500000), 16000, 1);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int saved = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  std::thread writer([&] { EXPECT_GT(write(ends[1], much.data(), much.size() / 2), 0); });
  expect_stops("-", stoppable(), GetParam());
  close(ends[0]);
  dup2(saved, STDIN_FILENO);
  close(saved);
  writer.join();
  close(ends[1]);
}

TEST_P(Interrupted, FifoWithoutAWriter) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkfifo(directory.file("a.ts").c_str(), 0600), 0);
  expect_stops(directory.file("a.ts"), stoppable(), GetParam());
  expect_stops(directory.file("a.ts"), stoppable(), GetParam());
}

TEST_P(Interrupted, FifoWhoseWriterSleeps) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.wav");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int writer = open(path.c_str(), O_RDWR);
  ASSERT_EQ(write(writer, whole_.data(), 10000), 10000);
  expect_stops(path, stoppable(), GetParam());
  close(writer);
}

TEST_P(Interrupted, ContentIdOfAFifo) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkfifo(directory.file("a").c_str(), 0600), 0);
  stop_asked = false;
  std::thread other([reader = pthread_self()] {
    std::this_thread::sleep_for(100ms);
    GetParam()(reader);
  });
  EXPECT_THROW(audio_content_id(directory.file("a"), stoppable()), Cancelled);
  other.join();
}

INSTANTIATE_TEST_SUITE_P(By, Interrupted, ::testing::Values(ask_by_flag, ask_by_signal),
                         [](const auto& tested) { return tested.index == 0 ? "Flag" : "Signal"; });

TEST(InterruptedOnce, BeforeAnythingIsRead) {
  const TemporaryDirectory directory;
  cli_test::write_text(directory.file("a.wav"), cli_test::wav_bytes(cli_test::noise(16000), 16000, 1));
  AudioOptions options;
  options.interrupted = [] { return true; };
  EXPECT_THROW(open_audio(directory.file("a.wav"), options), Cancelled);
}

TEST(InterruptedOnce, InAFileThatIsReadAndNotAgainAfterIt) {
  const TemporaryDirectory directory;
  cli_test::write_text(directory.file("a.wav"), cli_test::wav_bytes(cli_test::noise(1600000), 16000, 1));
  bool stop = false;
  AudioOptions options;
  options.interrupted = [&] { return stop; };
  const auto audio = open_audio(directory.file("a.wav"), options);
  std::vector<float> block(16000);
  EXPECT_EQ(audio->read(block), block.size());
  stop = true;
  EXPECT_THROW(while (audio->read(block) > 0){}, Cancelled);
}

// What the caller's question throws is not lost in C code.
TEST(InterruptedOnce, ExceptionsOfTheQuestionComeOut) {
  const TemporaryDirectory directory;
  cli_test::write_text(directory.file("a.wav"), cli_test::wav_bytes(cli_test::noise(1600000), 16000, 1));
  int asked = 0;
  AudioOptions options;
  options.interrupted = [&]() -> bool {
    if (++asked < 20) return false;
    throw std::logic_error("asked too often");
  };
  EXPECT_THROW(load_audio(directory.file("a.wav"), options), std::logic_error);
}

// A pipe that gives its bytes one by one, with signals in between, loses none of them.
TEST(InterruptedOnce, SlowPipesLoseNothing) {
  const auto samples = cli_test::noise(2000);
  const std::string bytes = cli_test::wav_bytes(samples, 16000, 1);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int saved = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, nullptr);
  std::thread writer([&, reader = pthread_self()] {
    for (std::size_t at = 0; at < bytes.size(); at += 100) {
      EXPECT_GT(write(ends[1], bytes.data() + at, std::min<std::size_t>(100, bytes.size() - at)), 0);
      pthread_kill(reader, SIGUSR1);
      std::this_thread::sleep_for(1ms);
    }
    close(ends[1]);
  });
  const Waveform waveform = load_audio("-");
  writer.join();
  close(ends[0]);
  dup2(saved, STDIN_FILENO);
  close(saved);
  EXPECT_EQ(waveform.samples.size(), samples.size());
}

}  // namespace
}  // namespace diar
