// The book's file: owner-only, whole or not at all, edits one after another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "diar/errors.h"
#include "diar/voices.h"
#include "temporary_directory.h"
#include "voice_samples.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using voices_test::sample_of;

class BookFile : public ::testing::Test {
 protected:
  static unsigned mode_of(const fs::path& path) {
    struct stat found = {};
    EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777;
  }

  const TemporaryDirectory temporary_;
  const fs::path folder_ = temporary_.path();
  const fs::path book_ = folder_ / "data" / "diarize" / "voices.json";
};

TEST_F(BookFile, IsTheOwnersAlone) {
  const mode_t before = umask(0);
  edit_voice_book(book_, [](VoiceBook& book) { book.add("Ann", sample_of({1, 2}), "e"); });
  umask(before);
  EXPECT_EQ(mode_of(book_), 0600u);
  EXPECT_EQ(mode_of(book_.parent_path()), 0700u);
  EXPECT_EQ(mode_of(book_.string() + ".lock"), 0600u);
  // Who has opened it to a group keeps it so.
  ASSERT_EQ(chmod(book_.c_str(), 0640), 0);
  edit_voice_book(book_, [](VoiceBook& book) { book.add("Bo", sample_of({1, 3}), "e"); });
  EXPECT_EQ(mode_of(book_), 0640u);
  EXPECT_EQ(read_voice_book(book_).voices().size(), 2u);
}

TEST_F(BookFile, AFailedEditChangesNothing) {
  edit_voice_book(book_, [](VoiceBook& book) { book.add("Ann", sample_of({1, 2}), "e"); });
  const VoiceBook before = read_voice_book(book_);
  EXPECT_THROW(edit_voice_book(book_,
                               [](VoiceBook& book) {
                                 book.remove("Ann");
                                 book.remove("Bo");
                               }),
               InvalidArgument);
  EXPECT_EQ(read_voice_book(book_), before);
  const auto written = fs::last_write_time(book_);
  edit_voice_book(book_, [](VoiceBook& book) { book.add("Ann", sample_of({1, 2}), "e"); });
  EXPECT_EQ(fs::last_write_time(book_), written);
}

TEST_F(BookFile, ABrokenOneIsLeftAlone) {
  fs::create_directories(book_.parent_path());
  std::ofstream(book_) << "{\"format\": \"diarize.cpp voices\"";
  bool edited = false;
  EXPECT_THROW(edit_voice_book(book_, [&](VoiceBook&) { edited = true; }), InputError);
  EXPECT_FALSE(edited);
  EXPECT_EQ(fs::file_size(book_), 31u);
}

// Processes and threads that add at the same time.
TEST_F(BookFile, ConcurrentAddsLoseNothing) {
  constexpr int kProcesses = 4, kAdds = 12;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0; i < kAdds; ++i) {
        edit_voice_book(book_, [&](VoiceBook& book) {
          book.add("p" + std::to_string(process) + "-" + std::to_string(i), sample_of({1, 2}), "e");
        });
      }
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_voice_book(book_).voices().size(), static_cast<std::size_t>(kProcesses * kAdds));
}

TEST_F(BookFile, AHeldBookIsWaitedForAndTheWaitCanBeEnded) {
  edit_voice_book(book_, [](VoiceBook& book) { book.add("Ann", sample_of({1, 2}), "e"); });
  const std::string lock = book_.string() + ".lock";
  const int holder = open(lock.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(holder, 0);
  ASSERT_EQ(flock(holder, LOCK_EX), 0);
  EXPECT_THROW(edit_voice_book(book_, [](VoiceBook&) {}, {{}, 0.05}), OutputError);
  int asked = 0;
  EXPECT_THROW(edit_voice_book(book_, [](VoiceBook&) {}, {[&] { return ++asked > 1; }}), Cancelled);
  close(holder);
  edit_voice_book(book_, [](VoiceBook& book) { book.remove("Ann"); }, {{}, 0.05});
}

TEST_F(BookFile, DefaultPlaces) {
  const auto with = [](const char* name, const char* value) {
    if (value == nullptr) {
      unsetenv(name);
    } else {
      setenv(name, value, 1);
    }
  };
  with("DIARIZE_VOICES", "/x/b.json");
  EXPECT_EQ(default_voice_book(), "/x/b.json");
  with("DIARIZE_VOICES", nullptr);
  with("XDG_DATA_HOME", "/data");
  EXPECT_EQ(default_voice_book(), "/data/diarize/voices.json");
  with("XDG_DATA_HOME", "relative");
  with("HOME", "/home/ann");
  EXPECT_EQ(default_voice_book(), "/home/ann/.local/share/diarize/voices.json");
  with("HOME", nullptr);
  EXPECT_THROW(default_voice_book(), InputError);
}

}  // namespace
}  // namespace diar
