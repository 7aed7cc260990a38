#include "hub/safe_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/atomic_file.h"
#include "diar/errors.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr int kNoFollow = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

std::string reason_of(int error) {
  // O_NOFOLLOW says ELOOP for a file and, together with O_DIRECTORY, ENOTDIR for a link to a directory.
  if (error == ELOOP) return "it is a symbolic link, which is not followed in a cache";
  if (error == ENOTDIR) return "it is a symbolic link or no directory: not followed in a cache, remove it";
  return std::strerror(error);
}

bool is_regular(int descriptor, struct stat& status) {
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

SafeDirectory::SafeDirectory(int descriptor, fs::path path)
    : descriptor_(descriptor), path_(std::move(path)) {}

SafeDirectory::~SafeDirectory() {
  if (descriptor_ >= 0) close(descriptor_);
}

SafeDirectory::SafeDirectory(SafeDirectory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

void SafeDirectory::fail(const std::string& name, int error) const {
  throw OutputError("cannot write '" + (path_ / name).string() + "': " + reason_of(error));
}

SafeDirectory SafeDirectory::root(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int reason = error ? error.value() : errno;
  if (descriptor < 0)
    throw OutputError("cannot make the directory '" + path.string() + "': " + std::strerror(reason));
  return SafeDirectory(descriptor, path);
}

SafeDirectory SafeDirectory::make(const std::string& name) const {
  if (mkdirat(descriptor_, name.c_str(), 0777) != 0 && errno != EEXIST) fail(name, errno);
  const int descriptor = openat(descriptor_, name.c_str(), O_RDONLY | O_DIRECTORY | kNoFollow);
  if (descriptor < 0) fail(name, errno);
  return SafeDirectory(descriptor, path_ / name);
}

SafeDirectory SafeDirectory::make_all(const fs::path& relative) const {
  SafeDirectory place(fcntl(descriptor_, F_DUPFD_CLOEXEC, 0), path_);
  if (place.descriptor_ < 0) fail({}, errno);
  for (const fs::path& part : relative) {
    SafeDirectory next = place.make(part.string());
    std::swap(place.descriptor_, next.descriptor_);
    std::swap(place.path_, next.path_);
  }
  return place;
}

int SafeDirectory::open_new(const std::string& name) const {
  return openat(descriptor_, name.c_str(), O_RDWR | O_CREAT | O_EXCL | kNoFollow, 0666);
}

int SafeDirectory::open_own_file(const std::string& name) const {
  const int descriptor = openat(descriptor_, name.c_str(), O_RDWR | kNoFollow);
  if (descriptor >= 0) {
    struct stat status = {};
    // A second name may be somebody's file elsewhere; another owner could still write into it.
    if (is_regular(descriptor, status) && status.st_nlink == 1 && status.st_uid == geteuid())
      return descriptor;
    close(descriptor);
  }
  remove(name);
  const int made = open_new(name);
  if (made < 0) fail(name, errno);
  return made;
}

int SafeDirectory::open_shared_file(const std::string& name) const {
  const int descriptor = openat(descriptor_, name.c_str(), O_RDWR | O_CREAT | kNoFollow, 0666);
  if (descriptor < 0) fail(name, errno);
  struct stat status = {};
  if (!is_regular(descriptor, status)) {
    close(descriptor);
    throw OutputError("cannot write '" + (path_ / name).string() + "': not a regular file");
  }
  return descriptor;
}

int SafeDirectory::open_existing(const std::string& name) const noexcept {
  const int descriptor = openat(descriptor_, name.c_str(), O_RDONLY | kNoFollow);
  struct stat status = {};
  if (descriptor < 0 || is_regular(descriptor, status)) return descriptor;
  close(descriptor);
  return -1;
}

void SafeDirectory::write(const std::string& name, std::string_view content) const {
  const std::string passing = name + "." + std::to_string(getpid()) + ".part";
  remove(passing);
  const int descriptor = open_new(passing);
  if (descriptor < 0) fail(passing, errno);
  UnfinishedPath unfinished(path_ / passing);
  std::size_t done = 0;
  int error = 0;
  while (done < content.size() && error == 0) {
    const ssize_t written = ::write(descriptor, content.data() + done, content.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (error == 0 && fsync(descriptor) != 0 && errno != EINVAL) error = errno;
  if (close(descriptor) != 0 && error == 0) error = errno;
  if (error != 0) {
    unlinkat(descriptor_, passing.c_str(), 0);
    fail(name, error);
  }
  unfinished.finish([&] { replace(passing, name); });
}

void SafeDirectory::link(const std::string& name, const fs::path& target) const {
  const std::string passing = name + "." + std::to_string(getpid()) + ".link";
  remove(passing);
  if (symlinkat(target.c_str(), descriptor_, passing.c_str()) != 0) fail(name, errno);
  replace(passing, name);
}

void SafeDirectory::rename(const std::string& from, const std::string& to) const {
  if (renameat(descriptor_, from.c_str(), descriptor_, to.c_str()) != 0) fail(to, errno);
}

void SafeDirectory::replace(const std::string& passing, const std::string& name) const try {
  rename(passing, name);
} catch (const OutputError&) {
  unlinkat(descriptor_, passing.c_str(), 0);
  throw;
}

void SafeDirectory::remove(const std::string& name) const {
  if (unlinkat(descriptor_, name.c_str(), 0) != 0 && errno != ENOENT) fail(name, errno);
}

}  // namespace diar
