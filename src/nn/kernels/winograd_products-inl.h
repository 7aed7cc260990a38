// How Winograd's tiles are stored and multiplied: in float32, or in bfloat16 with float32 sums; included once
// for each instruction set.
#if defined(DIAR_WINOGRAD_PRODUCTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIAR_WINOGRAD_PRODUCTS_INL_H
#undef DIAR_WINOGRAD_PRODUCTS_INL_H
#else
#define DIAR_WINOGRAD_PRODUCTS_INL_H
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstdint>

#include "nn/kernels/conv2d.h"
#include "nn/kernels/winograd-inl.h"

// AVX-512 of any kind (better sets have lower numbers); whether the processor has the BF16 instructions is
// asked at run time.
#undef DIAR_BF16_PRODUCTS
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
#define DIAR_BF16_PRODUCTS 1
#else
#define DIAR_BF16_PRODUCTS 0
#endif

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {

// Tiles of one product, for F(4, 3) and F(5, 3): twice as many sums have to fit in the registers. Ten divides
// the tiles of the layers that F(5, 3) is for.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr std::size_t kGroupOf[2] = {12, 10};
#else
constexpr std::size_t kGroupOf[2] = {6, 5};
#endif

template <class Transform>
constexpr std::size_t kGroup = kGroupOf[Transform::kOuts - 4];

// Vectors of weights that are asked for in advance, for each vector of sums.
constexpr std::size_t kWeightsAhead = 32;

/// A tile and its weights in float32; one step of a product is one in-channel.
struct FloatProducts {
  using Element = float;
  static constexpr std::size_t kChannels = 1;  // of a step

  static HWY_INLINE void Store(V values, float* to) { hn::Store(values, D(), to); }
  static const float* Weights(const Convolution& convolution) { return convolution.packed(); }
  static HWY_INLINE V Load(const float* weights) { return hn::Load(D(), weights); }
  static HWY_INLINE V Spread(const float* value) { return hn::Set(D(), *value); }
  static HWY_INLINE V MulAdd(V value, V weight, V sum) { return hn::MulAdd(value, weight, sum); }
};

#if DIAR_BF16_PRODUCTS
/// In bfloat16, rounded to even; one step is a pair of in-channels, whose two products are added to one sum.
/// The instructions are written as assembly: Highway 1.0 does not know them, and code of another target could
/// not be inlined here.
struct BfloatProducts {
  using Element = std::uint16_t;
  static constexpr std::size_t kChannels = 2;
  using Pairs = hn::Vec<hn::ScalableTag<std::uint32_t>>;

  static HWY_INLINE void Store(V values, std::uint16_t* to) {
    __m256i rounded;
    asm("vcvtneps2bf16 %1, %0" : "=v"(rounded) : "v"(values.raw));
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), rounded);
  }
  static const std::uint16_t* Weights(const Convolution& convolution) { return convolution.packed_bf16(); }
  static HWY_INLINE Pairs Load(const std::uint16_t* weights) { return Pairs{_mm512_load_si512(weights)}; }
  static HWY_INLINE Pairs Spread(const std::uint16_t* pair) {
    std::uint32_t bits;
    hwy::CopyBytes<sizeof(bits)>(pair, &bits);
    return hn::Set(hn::ScalableTag<std::uint32_t>(), bits);
  }
  static HWY_INLINE V MulAdd(Pairs values, Pairs weights, V sums) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sums.raw) : "v"(weights.raw), "v"(values.raw));
    return sums;
  }
};
#endif

// One group of tiles times one block of kVectors vectors of out-channels, at one tap. The sums stay in
// registers; the next weights and tiles are asked for while these are multiplied.
template <class Transform, class Products, std::size_t kVectors>
HWY_INLINE void Product(const typename Products::Element* HWY_RESTRICT x,
                        const typename Products::Element* HWY_RESTRICT weights, std::size_t depth,
                        float* HWY_RESTRICT out) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  constexpr std::size_t kTiles = kGroup<Transform>;
  constexpr std::size_t kStep = Products::kChannels;
  V sums[kTiles][kVectors];
#pragma GCC unroll 12
  for (std::size_t t = 0; t < kTiles; ++t) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) sums[t][v] = hn::Zero(d);
  }
  for (std::size_t block = 0; block < depth; block += n, x += kTiles * n) {
#pragma GCC unroll 12
    for (std::size_t t = 0; t < kTiles; t += kStep) hwy::Prefetch(x + (kTiles + t) * n);
#pragma GCC unroll 2
    for (std::size_t k = 0; k < n; k += kStep, weights += kVectors * kStep * n) {
      decltype(Products::Load(weights)) w[kVectors];
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) {
        w[v] = Products::Load(weights + v * kStep * n);
        hwy::Prefetch(weights + (kWeightsAhead * kVectors + v) * kStep * n);
      }
#pragma GCC unroll 12
      for (std::size_t t = 0; t < kTiles; ++t) {
        const auto value = Products::Spread(x + t * n + k);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < kVectors; ++v) sums[t][v] = Products::MulAdd(value, w[v], sums[t][v]);
      }
    }
  }
#pragma GCC unroll 12
  for (std::size_t t = 0; t < kTiles; ++t) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sums[t][v], d, out + (v * kTiles + t) * n);
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
