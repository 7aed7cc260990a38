#include "io/audio/avio_input.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

#include "diar/errors.h"
#include "io/audio/ogg_end.h"

namespace diar {
namespace {

constexpr std::size_t kBlockBytes = 32768;
// Headers with their metadata: what FFmpeg probes on its own part, too.
constexpr std::size_t kPrefixBytes = 65536;

}  // namespace

AvioInput::AvioInput(std::unique_ptr<ByteInput> bytes, std::function<bool()> interrupted)
    : bytes_(std::move(bytes)), interruption_(std::move(interrupted)), seekable_(bytes_->size() >= 0) {
  if (!seekable_) read_prefix();
  stated_ = read_stated_length(
      [this](std::uint64_t position, std::span<std::uint8_t> out) { return read_at(position, out); });
  if (seekable_) bytes_->seek(0);
  auto* block = static_cast<std::uint8_t*>(av_malloc(kBlockBytes));
  const auto read = [](void* self, std::uint8_t* out, int size) {
    const auto count =
        static_cast<AvioInput*>(self)->read(std::span(out, static_cast<std::size_t>(std::max(size, 0))));
    if (count == 0) return AVERROR_EOF;
    return static_cast<int>(count == -EINTR ? AVERROR_EXIT : count);
  };
  const auto seek = [](void* self, std::int64_t offset, int whence) {
    return static_cast<AvioInput*>(self)->seek(offset, whence);
  };
  if (block != nullptr) {
    context_ = avio_alloc_context(
        block, static_cast<int>(kBlockBytes), 0, this, read, nullptr,
        seekable_ ? static_cast<std::int64_t (*)(void*, std::int64_t, int)>(seek) : nullptr);
  }
  if (context_ == nullptr) {
    av_free(block);
    throw std::bad_alloc();
  }
}

AvioInput::~AvioInput() {
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

AVIOInterruptCB AvioInput::interrupt_callback() {
  return {[](void* self) { return static_cast<AvioInput*>(self)->interruption_.requested() ? 1 : 0; }, this};
}

void AvioInput::rethrow(const std::string& name) const {
  interruption_.rethrow();
  if (error_ != 0) throw InputError("cannot read " + name + ": " + std::strerror(error_));
}

std::optional<std::uint64_t> AvioInput::num_bytes() const {
  if (seekable_) return static_cast<std::uint64_t>(std::max<std::int64_t>(bytes_->size(), 0));
  return ended_ ? std::optional(num_fetched_) : std::nullopt;
}

std::vector<std::uint8_t> AvioInput::tail(std::size_t size) {
  if (!seekable_) return {tail_.begin(), tail_.end()};
  const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(bytes_->size(), 0));
  std::vector<std::uint8_t> out(std::min<std::uint64_t>(size, total));
  out.resize(read_at(total - out.size(), out));
  bytes_->seek(position_);
  return out;
}

// From the input itself, with what a read can end in written down.
std::int64_t AvioInput::fetch(std::span<std::uint8_t> out) noexcept {
  const std::int64_t count = bytes_->read(out, interruption_);
  if (count == 0) ended_ = true;
  if (count > 0) num_fetched_ += static_cast<std::uint64_t>(count);
  if (count < 0 && count != -EINTR) error_ = static_cast<int>(-count);
  return count;
}

std::int64_t AvioInput::read(std::span<std::uint8_t> out) noexcept {
  if (prefix_used_ < prefix_.size()) {
    const std::size_t count = std::min(out.size(), prefix_.size() - prefix_used_);
    std::copy_n(prefix_.begin() + static_cast<std::ptrdiff_t>(prefix_used_), count, out.begin());
    prefix_used_ += count;
    if (prefix_used_ == prefix_.size()) {
      prefix_ = {};
      prefix_used_ = 0;
    }
    return static_cast<std::int64_t>(count);
  }
  const std::int64_t count = fetch(out);
  if (count <= 0) return count;
  position_ += count;
  if (keeps_tail_) keep_tail(out.first(static_cast<std::size_t>(count)));
  return count;
}

std::int64_t AvioInput::seek(std::int64_t offset, int whence) noexcept {
  if ((whence & AVSEEK_SIZE) != 0) return bytes_->size();
  whence &= ~AVSEEK_FORCE;
  const std::int64_t base = whence == SEEK_END ? bytes_->size() : whence == SEEK_CUR ? position_ : 0;
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
  position_ = target;
  bytes_->seek(target);
  return target;
}

void AvioInput::keep_tail(std::span<const std::uint8_t> bytes) {
  tail_.insert(tail_.end(), bytes.begin(), bytes.end());
  if (tail_.size() > kOggTailBytes)
    tail_.erase(tail_.begin(), tail_.end() - static_cast<std::ptrdiff_t>(kOggTailBytes));
}

std::size_t AvioInput::read_at(std::uint64_t position, std::span<std::uint8_t> out) {
  if (!seekable_) {
    const std::size_t start = std::min<std::uint64_t>(position, prefix_.size());
    const std::size_t count = std::min(out.size(), prefix_.size() - start);
    std::copy_n(prefix_.begin() + static_cast<std::ptrdiff_t>(start), count, out.begin());
    return count;
  }
  bytes_->seek(static_cast<std::int64_t>(position));
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::int64_t count = fetch(out.subspan(filled));
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

void AvioInput::read_prefix() {
  prefix_.resize(kPrefixBytes);
  std::size_t filled = 0;
  while (filled < prefix_.size()) {
    const std::int64_t count = fetch(std::span(prefix_).subspan(filled));
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  prefix_.resize(filled);
  keeps_tail_ = std::string_view(reinterpret_cast<const char*>(prefix_.data()), filled).starts_with("OggS");
  if (keeps_tail_) keep_tail(prefix_);
}

}  // namespace diar
