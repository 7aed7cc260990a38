#include "models/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "diar/errors.h"

namespace diar {
namespace {

// No model comes near it; a sparse file may claim any length.
constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 30;

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw ModelError("cannot read '" + path + "': " + reason);
}

}  // namespace

// O_NONBLOCK: opening a FIFO would otherwise wait for somebody who writes into it.
RegularFile::RegularFile(const std::filesystem::path& path)
    : RegularFile(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), path) {}

RegularFile::RegularFile(int descriptor, const std::filesystem::path& path)
    : path_(path.string()), descriptor_(descriptor) {
  const int open_error = errno;
  if (descriptor_ < 0) fail(path_, std::strerror(open_error));
  struct stat status = {};
  std::string reason;
  if (fstat(descriptor_, &status) != 0) {
    reason = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    reason = "not a regular file";
  } else if (static_cast<std::uint64_t>(status.st_size) > kMostBytes) {
    reason = "too large for a model";
  }
  if (!reason.empty()) {
    close(descriptor_);
    fail(path_, reason);
  }
  size_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

RegularFile::~RegularFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

RegularFile::RegularFile(RegularFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_bytes_(other.size_bytes_) {}

std::size_t RegularFile::read(std::span<std::byte> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(descriptor_, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path_, std::strerror(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

std::string read_regular_file(const std::filesystem::path& path, std::uint64_t most_bytes) {
  RegularFile file(path);
  if (file.size_bytes() > most_bytes)
    fail(path.string(), "larger than " + std::to_string(most_bytes) + " bytes");
  std::string text(static_cast<std::size_t>(file.size_bytes()), '\0');
  text.resize(file.read(std::as_writable_bytes(std::span(text.data(), text.size()))));
  return text;
}

}  // namespace diar
