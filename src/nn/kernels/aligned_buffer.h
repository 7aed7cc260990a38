// Float scratch memory, aligned for every vector width, that grows and is then used again.
#pragma once

#include <hwy/aligned_allocator.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
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
      prefer_large_pages();
    }
    return values_.get();
  }
  float* data() noexcept { return values_.get(); }
  const float* data() const noexcept { return values_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  // Touching 100 MB of packed weights for the first time costs 25,000 page faults otherwise; only a hint.
  void prefer_large_pages() const noexcept {
#ifdef MADV_HUGEPAGE
    constexpr std::uintptr_t kLargePage = std::uintptr_t{1} << 21;
    const auto begin = (reinterpret_cast<std::uintptr_t>(values_.get()) + kLargePage - 1) & ~(kLargePage - 1);
    const auto end = reinterpret_cast<std::uintptr_t>(values_.get() + size_) & ~(kLargePage - 1);
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
  }

  hwy::AlignedFreeUniquePtr<float[]> values_;
  std::size_t size_ = 0;
};

}  // namespace diar::nn
