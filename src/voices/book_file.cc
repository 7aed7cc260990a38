#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>

#include "core/atomic_file.h"
#include "core/text_file.h"
#include "diar/errors.h"
#include "diar/voices.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kOwnerOnly = 0600;
constexpr std::chrono::milliseconds kPoll{100};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

// The directories that are missing, for the owner alone.
void make_private_directory(const fs::path& directory) {
  std::error_code error;
  if (directory.empty() || fs::is_directory(directory, error)) return;
  make_private_directory(directory.parent_path());
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    throw OutputError("cannot make the directory '" + directory.string() + "': " + std::strerror(errno));
}

/// Held by one program at a time; given back when it goes, however it ends.
class BookLock {
 public:
  BookLock(const fs::path& book, const BookAccess& access) {
    const std::string path = book.string() + ".lock";
    descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
    if (descriptor_ < 0) fail(path, errno);
    const auto start = std::chrono::steady_clock::now();
    while (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
      if (error != EWOULDBLOCK && error != EINTR) close_and_fail(path, error);
      if (waited.count() > access.longest_wait_s) {
        close(descriptor_);
        throw OutputError("another program has held '" + book.string() + "' for " +
                          std::to_string(static_cast<long>(access.longest_wait_s)) + " s: try again later");
      }
      if (access.interrupted && access.interrupted()) {
        close(descriptor_);
        throw Cancelled();
      }
      std::this_thread::sleep_for(kPoll);
    }
  }
  ~BookLock() { close(descriptor_); }
  BookLock(const BookLock&) = delete;
  BookLock& operator=(const BookLock&) = delete;

 private:
  [[noreturn]] static void fail(const std::string& path, int error) {
    throw OutputError("cannot lock '" + path + "': " + std::strerror(error));
  }
  [[noreturn]] void close_and_fail(const std::string& path, int error) const {
    close(descriptor_);
    fail(path, error);
  }

  int descriptor_ = -1;
};

}  // namespace

VoiceBook read_voice_book(const fs::path& path) {
  return parse_voice_book(read_text_file(path), path.string());
}

void write_voice_book(const fs::path& path, const VoiceBook& book) {
  AtomicFile file(path, Existing::kReplace, kOwnerOnly);
  file.write(to_json(book));
  file.commit();
}

void edit_voice_book(const fs::path& path, const std::function<void(VoiceBook&)>& edit,
                     const BookAccess& access) {
  const fs::path place = output_destination(path);
  make_private_directory(place.parent_path());
  const BookLock lock(place, access);
  std::error_code ignored;
  const bool is_new = !fs::exists(place, ignored);
  const VoiceBook before = is_new ? VoiceBook() : read_voice_book(path);
  VoiceBook after = before;
  edit(after);
  if (after == before && !is_new) return;
  write_voice_book(path, after);
}

fs::path default_voice_book() {
  if (const std::string book = environment("DIARIZE_VOICES"); !book.empty()) return book;
  // The specification of XDG passes over relative directories.
  fs::path data = environment("XDG_DATA_HOME");
  if (!data.is_absolute()) {
    const fs::path home = environment("HOME");
    if (home.empty())
      throw InputError("no place for the book of voices: set DIARIZE_VOICES to a file's name");
    data = home / ".local" / "share";
  }
  return data / "diarize" / "voices.json";
}

}  // namespace diar
