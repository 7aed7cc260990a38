#include "core/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "diar/errors.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as Linux

// Temporary files that stand on the disk now.
std::mutex unfinished_mutex;
std::set<std::string>& unfinished_files() {
  // Never destroyed: a thread may still write while the process ends.
  static auto* files = new std::set<std::string>();
  return *files;
}

// Short whatever the target's name is: that may be as long as the file system allows.
std::string temporary_name(const fs::path& target) {
  static std::atomic<unsigned> next{0};
  return (target.parent_path() /
          (".diar-" + std::to_string(getpid()) + "-" + std::to_string(next.fetch_add(1)) + ".part"))
      .string();
}

[[noreturn]] void fail_to_write(const fs::path& path, int error) {
  throw OutputError("cannot write '" + path.string() + "': " + std::strerror(error));
}

}  // namespace

fs::path output_destination(const fs::path& path) {
  std::error_code error;
  // The link of a pipe or a socket (/dev/stdout) names no path.
  struct stat found = {};
  if (stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode))
    return fs::absolute(path, error);
  fs::path place = path;
  for (int links = 0; links <= kMaxLinks; ++links) {
    if (const fs::path real = fs::canonical(place, error); !error) return real;
    // Not there: a new name, or a link to one.
    const fs::path folder = place.has_parent_path() ? place.parent_path() : fs::path(".");
    const fs::path next = fs::read_symlink(place, error);
    if (error) {
      const fs::path real = fs::weakly_canonical(fs::absolute(folder, error), error);
      return (error ? folder : real) / place.filename();
    }
    place = next.is_absolute() ? next : folder / next;
  }
  fail_to_write(path, ELOOP);
}

UnfinishedPath::UnfinishedPath(fs::path path) : path_(std::move(path)) {
  const std::lock_guard lock(unfinished_mutex);
  unfinished_files().insert(path_.string());
}

UnfinishedPath::~UnfinishedPath() {
  const std::lock_guard lock(unfinished_mutex);
  unfinished_files().erase(path_.string());
}

void UnfinishedPath::finish(const std::function<void()>& publish) {
  const std::lock_guard lock(unfinished_mutex);
  if (unfinished_files().erase(path_.string()) == 0) fail_to_write(path_, ECANCELED);
  publish();
}

AtomicFile::AtomicFile(const fs::path& target, Existing existing, unsigned mode)
    : name_(target), target_(output_destination(target)), existing_(existing) {
  struct stat found = {};
  bool is_new = true;
  if (stat(target_.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) fail(EISDIR);
    if (!S_ISREG(found.st_mode)) {
      // A device or pipe is written as it is; there is nothing to rename over.
      descriptor_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
      if (descriptor_ < 0) fail(errno);
      return;
    }
    if (existing_ == Existing::kKeep) fail(EEXIST);
    // A rename would replace what its owner has made read-only.
    if (access(target_.c_str(), W_OK) != 0) fail(errno);
    // Not its set-uid and set-gid: they were given to another content, by another owner perhaps.
    mode = found.st_mode & 0777;
    is_new = false;
  }
  open_temporary(mode);
  if (!is_new) fchmod(descriptor_, mode);
}

void AtomicFile::open_temporary(unsigned mode) {
  const std::lock_guard lock(unfinished_mutex);
  for (int attempt = 0; attempt < 100 && descriptor_ < 0; ++attempt) {
    temporary_ = temporary_name(target_);
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) {
    const int error = errno;
    temporary_.clear();
    fail(error);
  }
  unfinished_files().insert(temporary_);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (temporary_.empty()) return;
  const std::lock_guard lock(unfinished_mutex);
  unlink(temporary_.c_str());
  unfinished_files().erase(temporary_);
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  // A pipe or device cannot be synced; everything else must be on the disk before it gets its name.
  if (fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) fail(errno);
  const int closed = close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail(errno);
  if (temporary_.empty()) return;
  const std::lock_guard lock(unfinished_mutex);
  if (existing_ == Existing::kKeep) {
    commit_if_absent();
  } else if (std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail(errno);
  }
  unfinished_files().erase(temporary_);
  temporary_.clear();
}

// A rename would replace what another program has made meanwhile; a link does not.
void AtomicFile::commit_if_absent() {
  if (link(temporary_.c_str(), target_.c_str()) == 0) {
    unlink(temporary_.c_str());
    return;
  }
  if (errno == EEXIST) fail(EEXIST);
  // A file system without hard links: looking first is the best there is.
  struct stat found = {};
  if (lstat(target_.c_str(), &found) == 0) fail(EEXIST);
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
}

void AtomicFile::fail(int error) const {
  fail_to_write(name_, error);
}

void write_file_atomically(const fs::path& path, std::string_view content, Existing existing) {
  AtomicFile file(path, existing);
  file.write(content);
  file.commit();
}

void remove_unfinished_files() noexcept {
  const std::lock_guard lock(unfinished_mutex);
  std::error_code ignored;
  for (const std::string& file : unfinished_files()) fs::remove_all(file, ignored);
  unfinished_files().clear();
}

}  // namespace diar
