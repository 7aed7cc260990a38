#include "io/audio/byte_input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "diar/errors.h"

namespace diar {
namespace {

// How often a wait asks whether to stop.
constexpr int kPollInterval_ms = 50;

class FileInput final : public ByteInput {
 public:
  // `owned` descriptors are closed at the end.
  FileInput(int descriptor, bool owned, const struct stat& status) : descriptor_(descriptor), owned_(owned) {
    if (!S_ISREG(status.st_mode)) return;
    // What a shell's earlier commands took from a redirected file is not part of the recording.
    const off_t here = owned ? 0 : lseek(descriptor, 0, SEEK_CUR);
    seekable_ = here >= 0;
    start_ = seekable_ ? here : 0;
  }
  ~FileInput() override {
    if (owned_) close(descriptor_);
  }
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  std::int64_t read(std::span<std::uint8_t> out, Interruption& interruption) noexcept override {
    while (true) {
      if (interruption.requested()) return -EINTR;
      if (!seekable_) {
        // Reading without data would wait beyond our reach, so the wait is here.
        pollfd waiting = {descriptor_, POLLIN, 0};
        const int ready = poll(&waiting, 1, interruption.possible() ? kPollInterval_ms : -1);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        if (ready < 0) return -errno;
        if ((waiting.revents & POLLNVAL) != 0) return -EBADF;
      }
      const ssize_t count = seekable_ ? pread(descriptor_, out.data(), out.size(), start_ + position_)
                                      : ::read(descriptor_, out.data(), out.size());
      // A FIFO is opened without waiting; another reader may have been faster.
      if (count < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
      if (count < 0) return -errno;
      position_ += count;
      return count;
    }
  }

  std::int64_t size() const noexcept override {
    struct stat status = {};
    if (!seekable_ || fstat(descriptor_, &status) != 0) return -1;
    return status.st_size > start_ ? status.st_size - start_ : 0;
  }

  void seek(std::int64_t position) noexcept override { position_ = position; }

 private:
  int descriptor_;
  bool owned_;
  bool seekable_ = false;
  off_t start_ = 0;
  std::int64_t position_ = 0;
};

[[noreturn]] void refuse(const std::string& path, int error) {
  throw InputError("cannot open '" + path + "': " + std::strerror(error) +
                   (error == ENOENT ? "; check the name" : ""));
}

std::unique_ptr<ByteInput> open_file(const std::string& path) {
  if (path.find('\0') != std::string::npos) throw InputError("a file name must not hold a zero byte");
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) refuse(path, errno);
  if (S_ISDIR(status.st_mode)) throw InputError("'" + path + "' is a directory; name the files in it");
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
    // A terminal or /dev/zero has no end, and opening a device may do something.
    throw InputError("'" + path + "' is not a file; record it to one, or send it to standard input");
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) refuse(path, errno);
  if (fstat(descriptor, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode))) {
    close(descriptor);
    throw InputError("'" + path + "' was replaced while it was opened");
  }
  auto input = std::make_unique<FileInput>(descriptor, true, status);
  if (input->size() == 0) throw AudioError("'" + path + "' is empty; record or copy it again");
  return input;
}

}  // namespace

bool Interruption::requested() noexcept {
  if (stopped_ || !asked_) return stopped_;
  try {
    stopped_ = asked_();
  } catch (...) {
    thrown_ = std::current_exception();
    stopped_ = true;
  }
  return stopped_;
}

void Interruption::rethrow() const {
  if (thrown_) std::rethrow_exception(thrown_);
  if (stopped_) throw Cancelled();
}

std::string input_name(const std::string& path) {
  return path == "-" ? "standard input" : "'" + path + "'";
}

std::unique_ptr<ByteInput> open_bytes(const std::string& path) {
  if (path != "-") return open_file(path);
  struct stat status = {};
  if (fstat(STDIN_FILENO, &status) != 0) {
    throw InputError(std::string("cannot read standard input: ") + std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) throw InputError("standard input is a directory");
  return std::make_unique<FileInput>(STDIN_FILENO, false, status);
}

}  // namespace diar
