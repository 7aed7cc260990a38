// Float memory, aligned for every vector width: scratch that grows and is then used again, and one block for
// all weights of a network.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace diar::nn {

/// Contents are not initialised and not kept when it grows. From a megabyte on the memory comes from the
/// system in large pages where it has them (touching 100 MB costs 25,000 page faults otherwise) and goes back
/// to the system, not to the heap, when the buffer ends.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) { reserve(size); }

  /// At least `size` floats. Throws std::bad_alloc.
  float* reserve(std::size_t size) {
    if (size > this->size()) grow(size);
    return values_.get();
  }
  float* data() noexcept { return values_.get(); }
  const float* data() const noexcept { return values_.get(); }
  std::size_t size() const noexcept { return values_ ? size_ : 0; }

 private:
  struct Release {
    Release() noexcept : mapped_bytes(0) {}
    explicit Release(std::size_t bytes) noexcept : mapped_bytes(bytes) {}
    std::size_t mapped_bytes;  // 0: from the heap
    void operator()(float* values) const noexcept;
  };

  void grow(std::size_t size);

  std::unique_ptr<float[], Release> values_;
  std::size_t size_ = 0;
};

/// Hands out parts of one buffer to threads that pack weights at the same time. Outlives what it gave.
class WeightArena {
 public:
  explicit WeightArena(std::size_t size) : buffer_(size), size_(size) {}
  /// Floats that a request of `size` floats takes, padding included.
  static constexpr std::size_t rounded_up(std::size_t size) { return (size + kStep - 1) / kStep * kStep; }
  /// Not initialised. Throws std::bad_alloc when all requests together take more than the arena has.
  float* take(std::size_t size);

 private:
  static constexpr std::size_t kStep = 64;  // floats, two cache lines of any processor
  AlignedBuffer buffer_;
  std::size_t size_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace diar::nn
