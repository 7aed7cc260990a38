// Direct convolution at any stride: channels in the lanes, six pixels at a time, sums in registers over all
// taps.
#include <hwy/cache_control.h>

#include <algorithm>
#include <type_traits>

#include "core/instruction_set.h"
#include "nn/kernels/conv2d.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/conv2d_direct.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "nn/kernels/six_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {

std::size_t ChannelMultiple() {
  return hn::Lanes(D());
}

std::size_t DirectBlock(std::size_t out_padded) {
  std::size_t block = kMostVectors * hn::Lanes(D());
  while (out_padded % block != 0) block /= 2;
  return block;
}

// Where six neighbouring pixels lie; the last group repeats its last pixel instead of being shorter.
struct Group {
  std::size_t count;
  const float* start[kGroup];  // first tap of each pixel
  long row[kGroup];
  long column[kGroup];

  Group(const ConvShape& shape, const Image& in, const Image& out, std::size_t first) {
    const std::size_t num_pixels = out.rows() * out.columns();
    const auto stride = static_cast<long>(shape.stride);
    const auto pad = static_cast<long>(shape.kernel / 2);
    count = HWY_MIN(kGroup, num_pixels - first);
    for (std::size_t p = 0; p < kGroup; ++p) {
      const std::size_t pixel = first + HWY_MIN(p, count - 1);
      row[p] = static_cast<long>(pixel / out.columns());
      column[p] = static_cast<long>(pixel % out.columns());
      start[p] = in.at(row[p] * stride - pad, column[p] * stride - pad);
    }
  }
};

// Prefetches the input of the next six pixels.
void Ask(const ConvShape& shape, const Image& in, const Group& group) {
  const std::size_t span = kGroup * shape.stride * in.channels();
  for (std::size_t r = 0; r < shape.kernel; ++r) {
    const float* next = group.start[0] + r * in.row_stride() + span;
    for (std::size_t i = 0; i < span; i += 16) hwy::Prefetch(next + i);
  }
}

// Values of a group at all taps. Floats are read where they lie; others are converted, once for all
// out-channels.
template <class Products>
class Taps {
 public:
  using Element = typename Products::Element;

  Taps(const ConvShape& shape, const Image& in, ConvScratch& scratch) : shape_(shape), in_(in) {
    if constexpr (kConverts) {
      const std::size_t size = shape.kernel * shape.kernel * kGroup * in.channels();
      converted_ = reinterpret_cast<Element*>(scratch.inputs.reserve(size * sizeof(Element) / sizeof(float)));
    }
  }

  void read(const Group& group) {
    group_ = &group;
    if constexpr (kConverts) {
      Element* to = converted_;
      for (std::size_t tap = 0; tap < shape_.kernel * shape_.kernel; ++tap) {
        for (std::size_t p = 0; p < kGroup; ++p) {
          const float* from = group.start[p] + offset(tap);
          for (std::size_t c = 0; c < in_.channels(); c += hn::Lanes(D()), to += hn::Lanes(D()))
            Products::Store(hn::Load(D(), from + c), to);
        }
      }
    }
  }

  const Element* at(std::size_t tap, std::size_t p) const {
    if constexpr (kConverts) {
      return converted_ + (tap * kGroup + p) * in_.channels();
    } else {
      return group_->start[p] + offset(tap);
    }
  }

 private:
  static constexpr bool kConverts = !std::is_same_v<Element, float>;
  std::size_t offset(std::size_t tap) const {
    return tap / shape_.kernel * in_.row_stride() + tap % shape_.kernel * in_.channels();
  }

  const ConvShape& shape_;
  const Image& in_;
  const Group* group_ = nullptr;
  Element* converted_ = nullptr;  // [taps, kGroup, channels]
};

template <std::size_t kVectors>
HWY_INLINE void Finish(const Group& group, const ConvEpilogue& epilogue, std::size_t channel,
                       const V (&sums)[kGroup][kVectors], Image& out) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const V floor = hn::Set(d, epilogue.relu ? 0.0f : -3.4028234e38f);
#pragma GCC unroll 6
  for (std::size_t p = 0; p < kGroup; ++p) {
    if (p >= group.count) break;
    float* to = out.at(group.row[p], group.column[p]) + channel;
    const float* add = epilogue.residual == nullptr
                           ? nullptr
                           : epilogue.residual->at(group.row[p], group.column[p]) + channel;
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      V value = sums[p][v];
      if (add != nullptr) value = hn::Add(value, hn::Load(d, add + v * n));
      hn::Store(hn::Max(value, floor), d, to + v * n);
    }
  }
}

template <class Products, std::size_t kVectors>
void Direct(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
            ConvScratch& scratch, Image& out) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const std::size_t kernel = convolution.shape().kernel;
  const std::size_t depth = convolution.in_padded();
  const std::size_t block = kVectors * n;
  Taps<Products> taps(convolution.shape(), in, scratch);
  for (std::size_t first = 0; first < out.rows() * out.columns(); first += kGroup) {
    const Group group(convolution.shape(), in, out, first);
    Ask(convolution.shape(), in, group);
    taps.read(group);
    for (std::size_t channel = 0; channel < convolution.out_padded(); channel += block) {
      V sums[kGroup][kVectors];
#pragma GCC unroll 6
      for (std::size_t p = 0; p < kGroup; ++p) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kVectors; ++v)
          sums[p][v] = hn::Load(d, convolution.bias() + channel + v * n);
      }
      const auto* weights = Products::Weights(convolution) + channel * kernel * kernel * depth;
      for (std::size_t tap = 0; tap < kernel * kernel; ++tap) {
        const typename Products::Element* x[kGroup];
        for (std::size_t p = 0; p < kGroup; ++p) x[p] = taps.at(tap, p);
        Product<Products, 16>(x, weights + tap * depth * block, depth, sums);
      }
      Finish<kVectors>(group, epilogue, channel, sums, out);
    }
  }
}

template <class Products>
void RunDirect(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
               ConvScratch& scratch, Image& out) {
  const std::size_t vectors = DirectBlock(convolution.out_padded()) / hn::Lanes(D());
  if (vectors == 1) return Direct<Products, 1>(convolution, in, epilogue, scratch, out);
  if (vectors == 2) return Direct<Products, 2>(convolution, in, epilogue, scratch, out);
  if constexpr (kMostVectors == 4) return Direct<Products, 4>(convolution, in, epilogue, scratch, out);
}

void Conv2dDirect(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                  ConvScratch& scratch, Image& out) {
#if DIAR_BF16_PRODUCTS
  if (convolution.uses_bf16()) return RunDirect<BfloatProducts>(convolution, in, epilogue, scratch, out);
#endif
  RunDirect<FloatProducts>(convolution, in, epilogue, scratch, out);
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(ChannelMultiple);
HWY_EXPORT(DirectBlock);
HWY_EXPORT(Conv2dDirect);

std::size_t channel_multiple() {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(ChannelMultiple)();
}

std::size_t direct_block(std::size_t out_padded) {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(DirectBlock)(out_padded);
}

void conv2d_direct(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                   ConvScratch& scratch, Image& out) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(Conv2dDirect)(convolution, in, epilogue, scratch, out);
}

}  // namespace diar::nn
#endif
