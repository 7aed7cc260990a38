// The product that direct convolutions and tap_gemm share: six rows of values times one block of out-channels; included once
// for each instruction set.
#if defined(DIAR_SIX_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIAR_SIX_ROWS_INL_H
#undef DIAR_SIX_ROWS_INL_H
#else
#define DIAR_SIX_ROWS_INL_H
#endif

#include <hwy/cache_control.h>

#include "nn/kernels/products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {

constexpr std::size_t kGroup = 6;  // rows of one product
// Vectors of one block of out-channels: six rows times four sums need 32 registers, times two 16.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr std::size_t kMostVectors = 4;
#else
constexpr std::size_t kMostVectors = 2;
#endif

// sums[r][v] += sum_k x[r][k] * w[k][v]; `kAhead`: weights that come from afar are asked for so many steps before, 0 for
// those that lie in a near cache.
template <class Products, std::size_t kAhead, std::size_t kVectors>
HWY_INLINE void Product(const typename Products::Element* const* HWY_RESTRICT x,
                        const typename Products::Element* HWY_RESTRICT w, std::size_t depth,
                        V (&sums)[kGroup][kVectors]) {
  constexpr std::size_t kStep = Products::kChannels;
  const std::size_t n = kStep * hn::Lanes(D());
  const auto* x0 = x[0];
  const auto* x1 = x[1];
  const auto* x2 = x[2];
  const auto* x3 = x[3];
  const auto* x4 = x[4];
  const auto* x5 = x[5];
  for (std::size_t k = 0; k < depth; k += kStep, w += kVectors * n) {
    decltype(Products::Load(w)) weights[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      weights[v] = Products::Load(w + v * n);
      if constexpr (kAhead != 0) hwy::Prefetch(w + (kAhead * kVectors + v) * n);
    }
    const typename Products::Element* const rows[kGroup] = {x0, x1, x2, x3, x4, x5};
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kGroup; ++r) {
      // One value at a time: all six together with the sums and the weights are more than the registers hold.
      const auto value = Products::Spread(rows[r] + k);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = Products::MulAdd(value, weights[v], sums[r][v]);
    }
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
