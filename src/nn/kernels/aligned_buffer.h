// Float scratch memory, aligned for every vector width, that grows and is then used again.
#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <new>
#include <utility>

namespace diar::nn {

/// Contents are not initialised and not kept when it grows.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) { reserve(size); }

  /// At least `size` floats. Throws std::bad_alloc.
  float* reserve(std::size_t size) {
    if (size > size_) {
      values_.reset();
      values_ = hwy::AllocateAligned<float>(size);
      if (!values_) {
        size_ = 0;
        throw std::bad_alloc();
      }
      size_ = size;
    }
    return values_.get();
  }
  float* data() noexcept { return values_.get(); }
  const float* data() const noexcept { return values_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  hwy::AlignedFreeUniquePtr<float[]> values_;
  std::size_t size_ = 0;
};

}  // namespace diar::nn
