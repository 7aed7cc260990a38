#include "interrupt.h"
#include "finish_on_interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "diar/errors.h"
#include "diar/output_file.h"

namespace diar::cli {
namespace {

// Sanitizers make a run that stops by itself several times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSlower = 20;
#else
constexpr int kSlower = 1;
#endif
constexpr int kGraceMs = 600 * kSlower;       // for the run to notice
constexpr int kLastResortMs = 950 * kSlower;  // for everything, what is said at the end included

enum class Ending { kNone, kByRun, kFromOutside };

volatile std::sig_atomic_t interrupt_seen = 0;
volatile std::sig_atomic_t finishes_first = 0;
volatile std::sig_atomic_t finish_asked = 0;
int wake_pipe[2] = {-1, -1};  // the handler writes, the watching thread reads
std::atomic<Ending> ending{Ending::kNone};
std::atomic<const char*> eraser{""};
std::atomic<bool> said{false};  // that it was cancelled
thread_local bool ends_from_outside = false;

std::mutex notice_mutex;
std::function<void()>& notice() {
  // Never destroyed: the watching thread outlives main's statics.
  static auto* say = new std::function<void()>();
  return *say;
}

[[noreturn]] void leave() {
  _exit(static_cast<int>(ErrorCode::kCancelled));
}

void catch_signal(int number, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, nullptr);
}

extern "C" void on_interrupt(int number) {
  if (finishes_first != 0 && finish_asked == 0) {
    finish_asked = 1;
    // The next one is caught as this one was.
    catch_signal(number, on_interrupt, static_cast<int>(SA_RESETHAND));
    return;
  }
  const int error = errno;  // of what it came between
  interrupt_seen = 1;
  const char byte = 0;
  // Nobody reads when no thread could be made; the timer then ends the run.
  [[maybe_unused]] const ssize_t written = write(wake_pipe[1], &byte, 1);
  itimerval timer = {};
  timer.it_value.tv_sec = kLastResortMs / 1000;
  timer.it_value.tv_usec = kLastResortMs % 1000 * 1000;
  setitimer(ITIMER_REAL, &timer, nullptr);
  errno = error;
}

// Only what a signal handler may do.
void write_cancelled() {
  constexpr char kLine[] = "diarize: cancelled\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kLine, sizeof(kLine) - 1);
}

extern "C" void on_last_resort(int) {
  // Where nobody takes what is said, saying it would wait for ever.
  pollfd stream = {STDERR_FILENO, POLLOUT, 0};
  if (!said.exchange(true) && poll(&stream, 1, 0) == 1) write_cancelled();
  leave();
}

bool claim(Ending by) {
  Ending none = Ending::kNone;
  return ending.compare_exchange_strong(none, by);
}

void say_cancelled() {
  std::function<void()> say;
  {
    const std::lock_guard lock(notice_mutex);
    say = notice();
  }
  const char* const erase = progress_line_eraser();
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, erase, std::strlen(erase));
  if (said.exchange(true)) return;
  if (say) return say();
  write_cancelled();
}

void watch() {
  char byte = 0;
  while (read(wake_pipe[0], &byte, 1) != 1) {
    if (errno != EINTR) return;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(kGraceMs));
  // The run ends by itself; should it block in that, the timer ends it.
  if (!claim(Ending::kFromOutside)) return;
  ends_from_outside = true;
  remove_unfinished_files();
  try {
    say_cancelled();
  } catch (...) {
    // What cannot be said does not keep the process.
  }
  leave();
}

// nohup and a shell's background jobs have them ignored, so that they end nothing.
void catch_unless_ignored(int number) {
  struct sigaction before = {};
  if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  // A second signal meets the default handler, so that nobody has to wait for a stuck run.
  catch_signal(number, on_interrupt, static_cast<int>(SA_RESETHAND));
}

}  // namespace

bool interrupted() noexcept {
  return interrupt_seen != 0;
}

FinishOnInterrupt::FinishOnInterrupt() noexcept {
  finish_asked = 0;
  finishes_first = 1;
}

FinishOnInterrupt::~FinishOnInterrupt() {
  finishes_first = 0;
}

bool FinishOnInterrupt::asked() noexcept {
  return finish_asked != 0;
}

void install_interrupt_handler() {
  if (pipe(wake_pipe) == 0) {
    for (const int end : wake_pipe) fcntl(end, F_SETFD, FD_CLOEXEC);
    // The watching thread must not take the signals: they have to break what the run waits in.
    sigset_t signals;
    sigset_t before;
    sigfillset(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    try {
      std::thread(watch).detach();
    } catch (const std::system_error&) {
      // Out of threads: the timer alone ends what does not stop.
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  catch_signal(SIGALRM, on_last_resort, 0);
  for (const int number : {SIGINT, SIGHUP}) catch_unless_ignored(number);
  catch_signal(SIGTERM, on_interrupt, static_cast<int>(SA_RESETHAND));
  // A parent that blocks them passes that on.
  sigset_t ends;
  sigemptyset(&ends);
  for (const int number : {SIGTERM, SIGALRM}) sigaddset(&ends, number);
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  // Writing into a closed pipe then fails with an error that we report, instead of killing the process.
  std::signal(SIGPIPE, SIG_IGN);
  // The same for a file that outgrows the user's limit.
  std::signal(SIGXFSZ, SIG_IGN);
}

void begin_ending() noexcept {
  if (claim(Ending::kByRun) || ending.load() == Ending::kByRun || ends_from_outside) return;
  while (true) pause();
}

void note_said() noexcept {
  said.store(true);
}

void set_progress_line(bool stands) noexcept {
  eraser.store(stands ? "\r\x1b[K" : "");
}

void set_progress_block(bool stands) noexcept {
  eraser.store(stands ? "\r\x1b[J" : "");
}

const char* progress_line_eraser() noexcept {
  return eraser.load();
}

CancelledNotice::CancelledNotice(std::function<void()> say) {
  const std::lock_guard lock(notice_mutex);
  notice() = std::move(say);
}

CancelledNotice::~CancelledNotice() {
  const std::lock_guard lock(notice_mutex);
  notice() = nullptr;
}

}  // namespace diar::cli
