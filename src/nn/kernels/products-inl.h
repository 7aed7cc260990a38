// How kernels store values and multiply them: in float32, or in bfloat16 with float32 sums; included
// once for each instruction set.
#if defined(DIAR_PRODUCTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIAR_PRODUCTS_INL_H
#undef DIAR_PRODUCTS_INL_H
#else
#define DIAR_PRODUCTS_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

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
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// Values and weights in float32; one step of a dot product is one in-channel.
struct FloatProducts {
  using Element = float;
  static constexpr std::size_t kChannels = 1;  // of a step

  static HWY_INLINE void Store(V values, float* to) { hn::Store(values, D(), to); }
  template <class Packed>
  static const float* Weights(const Packed& matrix) {
    return matrix.packed();
  }
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
  template <class Packed>
  static const std::uint16_t* Weights(const Packed& matrix) {
    return matrix.packed_bf16();
  }
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

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
