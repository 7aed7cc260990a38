#include "hub/partial_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "hub/sha256.h"

namespace diar {

PartialFile::PartialFile(const SafeDirectory& directory, std::string name)
    : directory_(directory), name_(std::move(name)), descriptor_(directory.open_own_file(name_)) {
  struct stat status = {};
  if (fstat(descriptor_, &status) != 0) {
    const int error = errno;
    close(descriptor_);
    errno = error;
    fail();
  }
  size_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

PartialFile::~PartialFile() {
  close(descriptor_);
}

void PartialFile::clear() {
  if (ftruncate(descriptor_, 0) != 0) fail();
  size_bytes_ = 0;
}

void PartialFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_bytes_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    size_bytes_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void PartialFile::sync() const {
  if (fsync(descriptor_) != 0 && errno != EINVAL) fail();
}

std::string PartialFile::sha256() const {
  Sha256 hash;
  std::vector<std::byte> buffer(1 << 16);
  std::uint64_t at = 0;
  while (true) {
    const ssize_t got = pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail();
    if (got == 0) return hash.finish();
    hash.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
  }
}

void PartialFile::publish(const std::string& name) {
  directory_.rename(name_, name);
}

void PartialFile::discard() {
  directory_.remove(name_);
}

void PartialFile::fail() const {
  throw OutputError("cannot write '" + (directory_.path() / name_).string() + "': " + std::strerror(errno));
}

}  // namespace diar
