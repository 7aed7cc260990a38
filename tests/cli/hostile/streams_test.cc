// Streams and signals as an unfriendly parent leaves them: closed, full, ignored, blocked.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>

#include <future>

#include "../child.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;

class HostileParent : public ::testing::Test {
 protected:
  HostileParent() {
    write_text(wav_, wav_bytes(noise(16000), 16000, 1));
    write_text(turns_, "SPEAKER rec 1 0.100 1.000 <NA> <NA> A <NA> <NA>\n");
  }
  // Text that takes seconds to read.
  std::string long_turns() const {
    std::string text;
    for (int i = 0; i < 400000; ++i)
      text += "SPEAKER rec 1 " + std::to_string(i) + ".000 0.500 <NA> <NA> S" + std::to_string(i % 97) +
              " <NA> <NA>\n";
    write_text(directory_.file("long.rttm"), text);
    return directory_.file("long.rttm");
  }

  TemporaryDirectory directory_;
  const std::string wav_ = directory_.file("rec.wav");
  const std::string turns_ = directory_.file("turns.rttm");
};

// A file that got the number of a closed stream would receive what is said there: events into the pipe that
// wakes the watcher of signals looked like one.
TEST_F(HostileParent, ClosedStreams) {
  const std::string out = directory_.file("out.rttm");
  const CommandResult whole = run_diarize({wav_, "-q", "-o", out, "--model", "starter"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const std::string expected = read_text(out);
  for (unsigned closed = 1; closed < 8; ++closed) {
    const auto close_them = [closed] {
      for (int number = 0; number < 3; ++number) {
        if ((closed >> number & 1) != 0) close(number);
      }
    };
    fs::remove(out);
    Child child({wav_, "--progress", "json", "--json", "-o", out, "--model", "starter"}, "/dev/null",
                close_them);
    const CommandResult result = child.finish();
    // Standard output takes the JSON, so that closing it is a failure; the file is whole all the same.
    EXPECT_EQ(result.exit_code, (closed & 2) != 0 ? 6 : 0) << closed << result.err;
    EXPECT_EQ(read_text(out), expected) << closed;
    EXPECT_EQ(directory_.num_entries(), 3u) << closed;
  }
}

// nohup, and the background jobs of a shell's script.
TEST_F(HostileParent, SignalsThatAreIgnoredStaySo) {
  const std::string input = long_turns();
  for (const int number : {SIGINT, SIGHUP}) {
    Child child({"convert", input, "-f", "csv", "-o", directory_.file("out.csv")}, "/dev/null",
                [number] { std::signal(number, SIG_IGN); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    child.send(number);
    EXPECT_EQ(child.finish().exit_code, 0) << number;
    EXPECT_TRUE(fs::exists(directory_.file("out.csv")));
  }
}

TEST_F(HostileParent, SignalsThatAreBlockedEndTheRun) {
  const std::string input = long_turns();
  // Blocked here, so that the child is born with it: the signal then waits until the command takes it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
  Child child({"convert", input, "-f", "csv", "-o", directory_.file("out.csv")}, "/dev/null");
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  child.send(SIGTERM);
  EXPECT_EQ(child.finish().exit_code, 9);
  EXPECT_FALSE(fs::exists(directory_.file("out.csv")));
}

// Nobody takes what is said at the end, and there is no thread to say it either.
TEST_F(HostileParent, StandardErrorIsFullAndThereAreNoThreads) {
  const bool is_root = geteuid() == 0;
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe(ends), 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (write(ends[1], "x", 1) == 1) {
  }
  fcntl(ends[1], F_SETFL, 0);
  fs::permissions(directory_.path(), fs::perms::all);
  const std::string input = long_turns();
  // Seconds of work that does not look for signals.
  Child child({"score", input, input}, "/dev/null", [&] {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    if (is_root && (setgroups(0, nullptr) != 0 || setgid(65533) != 0 || setuid(65533) != 0)) _exit(125);
    const rlimit bound{1, 1};
    setrlimit(RLIMIT_NPROC, &bound);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  child.send(SIGTERM);
  const auto sent = std::chrono::steady_clock::now();
  // A run that waits for room there would do so for ever.
  std::promise<void> ended;
  std::thread rescue([&, over = ended.get_future()] {
    over.wait_for(std::chrono::seconds(10));
    close(ends[0]);
  });
  const CommandResult result = child.finish();
  const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - sent;
  ended.set_value();
  rescue.join();
  close(ends[1]);
  if (result.exit_code == 125 || result.exit_code == 127)
    GTEST_SKIP()
        << "NOT RUN: no threads (this root may not become another user, or that one may not execute)";
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_LT(waited.count(), 9.0);
}

// Whoever made it read-only wants it as it is.
TEST_F(HostileParent, ReadOnlyFilesStay) {
  const bool is_root = geteuid() == 0;
  fs::permissions(directory_.path(), fs::perms::all);
  const std::string old = directory_.file("old.csv");
  write_text(old, "precious");
  fs::permissions(old, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"convert", turns_, "-f", "csv", "-o", old},
                                             {"report", turns_, "--html", old},
                                             {"tune", wav_, turns_, "--trials", "1", "--model",
                                              DIAR_SOURCE_DIR "/models/starter", "-o", old}}) {
    Child child(arguments, "/dev/null", [is_root] {
      if (is_root && (setgroups(0, nullptr) != 0 || setgid(65533) != 0 || setuid(65533) != 0)) _exit(125);
    });
    const CommandResult result = child.finish();
    if (result.exit_code == 125 || result.exit_code == 127)
      GTEST_SKIP() << "NOT RUN: another user (this root may not become one, or that one may not execute)";
    EXPECT_EQ(result.exit_code, 6) << result.err;
    EXPECT_THAT(result.err, ::testing::HasSubstr("Permission denied"));
    EXPECT_EQ(read_text(old), "precious");
  }
}

}  // namespace
}  // namespace diar::cli_test
