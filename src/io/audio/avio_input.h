// A ByteInput in, FFmpeg's view of it out: one stream of bytes, and no way to any other.
#pragma once

extern "C" {
#include <libavformat/avformat.h>
}

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "io/audio/byte_input.h"
#include "io/audio/stated_length.h"

namespace diar {

/// Owns the input and the AVIOContext on it. Not thread-safe; neither copied nor moved, as FFmpeg keeps its
/// address.
class AvioInput {
 public:
  AvioInput(std::unique_ptr<ByteInput> bytes, std::function<bool()> interrupted);
  ~AvioInput();
  AvioInput(const AvioInput&) = delete;
  AvioInput& operator=(const AvioInput&) = delete;

  /// Valid as long as this object.
  AVIOContext* context() { return context_; }
  /// For AVFormatContext::interrupt_callback.
  AVIOInterruptCB interrupt_callback();
  /// Throws `Cancelled`, what the caller's `interrupted` threw, or `InputError` after a failed read, which
  /// FFmpeg only hands on as a number or as the end of the file. `name` is for the message.
  void rethrow(const std::string& name) const;
  /// What the header says of the length, read before FFmpeg reads. Of a pipe only the first bytes are looked
  /// at.
  const StatedLength& stated() const { return stated_; }
  /// How many bytes there were; known once a pipe has been read to its end.
  std::optional<std::uint64_t> num_bytes() const;
  /// The last bytes of a file, or of an Ogg pipe that has been read to its end.
  std::vector<std::uint8_t> tail(std::size_t size);

 private:
  std::int64_t read(std::span<std::uint8_t> out) noexcept;
  std::int64_t seek(std::int64_t offset, int whence) noexcept;
  std::int64_t fetch(std::span<std::uint8_t> out) noexcept;
  void keep_tail(std::span<const std::uint8_t> bytes);
  std::size_t read_at(std::uint64_t position, std::span<std::uint8_t> out);
  void read_prefix();

  std::unique_ptr<ByteInput> bytes_;
  Interruption interruption_;
  AVIOContext* context_ = nullptr;
  bool seekable_;
  // What a pipe gave first: looked at, then given to FFmpeg.
  std::vector<std::uint8_t> prefix_;
  std::size_t prefix_used_ = 0;
  bool keeps_tail_ = false;
  std::deque<std::uint8_t> tail_;
  std::int64_t position_ = 0;
  std::uint64_t num_fetched_ = 0;
  bool ended_ = false;
  int error_ = 0;
  StatedLength stated_;
};

}  // namespace diar
