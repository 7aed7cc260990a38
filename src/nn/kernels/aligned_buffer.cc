#include "nn/kernels/aligned_buffer.h"

#include <hwy/aligned_allocator.h>
#include <sys/mman.h>

#include <cstdint>
#include <new>

#include "core/sanitizers.h"

// AddressSanitizer only watches the heap.
#if defined(MADV_HUGEPAGE) && !DIAR_SANITIZES_ADDRESS
#define DIAR_LARGE_PAGES 1
#else
#define DIAR_LARGE_PAGES 0
#endif

namespace diar::nn {
namespace {

#if DIAR_LARGE_PAGES
constexpr std::size_t kFewestMappedBytes = std::size_t{1} << 20;
constexpr std::size_t kLargePage = std::size_t{1} << 21;
constexpr std::size_t kSmallPage = std::size_t{1} << 12;

// A whole number of small pages that starts at a large one; null when the system has no memory left.
std::byte* map_pages(std::size_t num_bytes) {
  const std::size_t asked = num_bytes + kLargePage;
  void* memory = mmap(nullptr, asked, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(memory);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(begin) & (kLargePage - 1);
  if (before > 0) munmap(begin, before);
  begin += before;
  munmap(begin + num_bytes, kLargePage - before);
  madvise(begin, num_bytes, MADV_HUGEPAGE);  // only a hint
  return begin;
}

// Buffers would all start at the same place of a cache way; each starts a little further on instead.
std::size_t next_skew() {
  constexpr unsigned kPlaces = 16;
  static std::atomic<unsigned> count{0};
  return kSmallPage / kPlaces * (count.fetch_add(1, std::memory_order_relaxed) % kPlaces);
}
#endif

}  // namespace

void AlignedBuffer::Release::operator()(float* values) const noexcept {
#if DIAR_LARGE_PAGES
  if (mapped_bytes > 0) {
    const std::uintptr_t skew = reinterpret_cast<std::uintptr_t>(values) & (kSmallPage - 1);
    munmap(reinterpret_cast<std::byte*>(values) - skew, mapped_bytes);
    return;
  }
#endif
  hwy::FreeAlignedBytes(values, nullptr, nullptr);
}

void AlignedBuffer::grow(std::size_t size) {
  values_.reset();
  size_ = 0;
  if (size > SIZE_MAX / (2 * sizeof(float))) throw std::bad_alloc();
#if DIAR_LARGE_PAGES
  if (size * sizeof(float) >= kFewestMappedBytes) {
    const std::size_t skew = next_skew();
    const std::size_t num_bytes = (size * sizeof(float) + skew + kSmallPage - 1) / kSmallPage * kSmallPage;
    std::byte* pages = map_pages(num_bytes);
    if (pages == nullptr) throw std::bad_alloc();
    values_ = std::unique_ptr<float[], Release>(reinterpret_cast<float*>(pages + skew), Release{num_bytes});
    size_ = size;
    return;
  }
#endif
  void* memory = hwy::AllocateAlignedBytes(size * sizeof(float), nullptr, nullptr);
  if (memory == nullptr) throw std::bad_alloc();
  values_ = std::unique_ptr<float[], Release>(static_cast<float*>(memory), Release{});
  size_ = size;
}

float* WeightArena::take(std::size_t size) {
  const std::size_t begin = used_.fetch_add(rounded_up(size));
  if (begin > size_ || rounded_up(size) > size_ - begin) throw std::bad_alloc();
  return buffer_.data() + begin;
}

}  // namespace diar::nn
