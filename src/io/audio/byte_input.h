// A path, standard input or bytes in memory in, the file's bytes out, with waits that can be stopped.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace diar {

/// The caller's request to stop, asked from inside C libraries: an exception that asking throws is kept for
/// later.
class Interruption {
 public:
  explicit Interruption(std::function<bool()> asked) : asked_(std::move(asked)) {}

  /// False where nobody can ever ask for a stop: waits may then last for ever.
  bool possible() const noexcept { return static_cast<bool>(asked_); }
  /// True from the first time on that the caller says so, or throws.
  bool requested() noexcept;
  /// Throws what asking threw, or `Cancelled` when a stop was asked for; else nothing.
  void rethrow() const;

 private:
  std::function<bool()> asked_;
  bool stopped_ = false;
  std::exception_ptr thrown_;
};

/// The one file that a decoder may see. Not thread-safe.
class ByteInput {
 public:
  virtual ~ByteInput() = default;
  /// Reads up to `out.size()` bytes at the position and moves it. The count; 0 at the end; a negative errno
  /// on failure, -EINTR when `interruption` asks for a stop.
  virtual std::int64_t read(std::span<std::uint8_t> out, Interruption& interruption) noexcept = 0;
  /// The number of bytes, or -1 where only reading tells (a pipe): `seek` is impossible then.
  virtual std::int64_t size() const noexcept = 0;
  /// Moves to `position` >= 0, which may lie past the end.
  virtual void seek(std::int64_t position) noexcept = 0;
};

/// Opens a regular file or a FIFO by name, and whatever standard input is for "-". Never waits: a FIFO that
/// nobody writes to waits in `read`. Throws `InputError` (missing, unreadable, a directory, a device, a
/// socket) or `AudioError` (empty).
std::unique_ptr<ByteInput> open_bytes(const std::string& path);
/// How messages call it: the path in quotes, or "standard input".
std::string input_name(const std::string& path);

}  // namespace diar
