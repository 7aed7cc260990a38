// Direct convolution at any stride: channels in the lanes, six pixels at a time.
#include "nn/kernels/conv2d.h"

#include <algorithm>

#include "nn/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/conv2d_direct.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr std::size_t kGroup = 6;  // pixels of one product

std::size_t ChannelMultiple() {
  return hn::Lanes(D());
}

// acc[p] += sum_k x[p][k] * w[k] for six rows x and two vectors of weights.
HWY_INLINE void Product2(const float* const* HWY_RESTRICT x, const float* HWY_RESTRICT w, std::size_t depth,
                         V* acc) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  V a0 = acc[0], a1 = acc[1], b0 = acc[2], b1 = acc[3], c0 = acc[4], c1 = acc[5];
  V e0 = acc[6], e1 = acc[7], f0 = acc[8], f1 = acc[9], g0 = acc[10], g1 = acc[11];
  const float* xa = x[0];
  const float* xb = x[1];
  const float* xc = x[2];
  const float* xe = x[3];
  const float* xf = x[4];
  const float* xg = x[5];
  for (std::size_t k = 0; k < depth; ++k) {
    const V w0 = hn::Load(d, w + 2 * k * n);
    const V w1 = hn::Load(d, w + (2 * k + 1) * n);
    V value = hn::Set(d, xa[k]);
    a0 = hn::MulAdd(value, w0, a0), a1 = hn::MulAdd(value, w1, a1);
    value = hn::Set(d, xb[k]);
    b0 = hn::MulAdd(value, w0, b0), b1 = hn::MulAdd(value, w1, b1);
    value = hn::Set(d, xc[k]);
    c0 = hn::MulAdd(value, w0, c0), c1 = hn::MulAdd(value, w1, c1);
    value = hn::Set(d, xe[k]);
    e0 = hn::MulAdd(value, w0, e0), e1 = hn::MulAdd(value, w1, e1);
    value = hn::Set(d, xf[k]);
    f0 = hn::MulAdd(value, w0, f0), f1 = hn::MulAdd(value, w1, f1);
    value = hn::Set(d, xg[k]);
    g0 = hn::MulAdd(value, w0, g0), g1 = hn::MulAdd(value, w1, g1);
  }
  acc[0] = a0, acc[1] = a1, acc[2] = b0, acc[3] = b1, acc[4] = c0, acc[5] = c1;
  acc[6] = e0, acc[7] = e1, acc[8] = f0, acc[9] = f1, acc[10] = g0, acc[11] = g1;
}

// The same with one vector of weights, for layers whose channels fill no two.
HWY_INLINE void Product1(const float* const* HWY_RESTRICT x, const float* HWY_RESTRICT w, std::size_t depth,
                         V* acc) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  V a = acc[0], b = acc[1], c = acc[2], e = acc[3], f = acc[4], g = acc[5];
  for (std::size_t k = 0; k < depth; ++k) {
    const V weight = hn::Load(d, w + k * n);
    a = hn::MulAdd(hn::Set(d, x[0][k]), weight, a);
    b = hn::MulAdd(hn::Set(d, x[1][k]), weight, b);
    c = hn::MulAdd(hn::Set(d, x[2][k]), weight, c);
    e = hn::MulAdd(hn::Set(d, x[3][k]), weight, e);
    f = hn::MulAdd(hn::Set(d, x[4][k]), weight, f);
    g = hn::MulAdd(hn::Set(d, x[5][k]), weight, g);
  }
  acc[0] = a, acc[1] = b, acc[2] = c, acc[3] = e, acc[4] = f, acc[5] = g;
}

template <std::size_t kVectors>
HWY_INLINE void Product(const float* const* x, const float* w, std::size_t depth, V* acc) {
  if constexpr (kVectors == 2) {
    Product2(x, w, depth, acc);
  } else {
    Product1(x, w, depth, acc);
  }
}

HWY_INLINE V Finish(V value, const float* residual, bool relu) {
  const D d;
  if (residual != nullptr) value = hn::Add(value, hn::LoadU(d, residual));
  return relu ? hn::Max(value, hn::Zero(d)) : value;
}

template <std::size_t kVectors>
void Direct(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue, Image& out) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const std::size_t kernel = convolution.shape().kernel;
  const std::size_t stride = convolution.shape().stride;
  const long pad = static_cast<long>(kernel / 2);
  const std::size_t depth = convolution.in_padded();
  const std::size_t block = kVectors * n;
  const std::size_t num_blocks = convolution.out_padded() / block;
  const std::size_t num_pixels = out.rows() * out.columns();
  for (std::size_t first = 0; first < num_pixels; first += kGroup) {
    const float* start[kGroup];
    long row[kGroup];
    long column[kGroup];
    for (std::size_t p = 0; p < kGroup; ++p) {
      // The last group repeats its last pixel instead of having a tail of its own.
      const std::size_t pixel = HWY_MIN(first + p, num_pixels - 1);
      row[p] = static_cast<long>(pixel / out.columns());
      column[p] = static_cast<long>(pixel % out.columns());
      start[p] = in.at(row[p] * static_cast<long>(stride) - pad, column[p] * static_cast<long>(stride) - pad);
    }
    for (std::size_t b = 0; b < num_blocks; ++b) {
      V acc[kGroup * kVectors];
      for (std::size_t i = 0; i < kGroup * kVectors; ++i) {
        acc[i] = hn::Load(d, convolution.bias() + b * block + i % kVectors * n);
      }
      const float* weights = convolution.packed() + b * kernel * kernel * depth * block;
      for (std::size_t tap = 0; tap < kernel * kernel; ++tap) {
        const float* x[kGroup];
        for (std::size_t p = 0; p < kGroup; ++p) {
          x[p] = start[p] + tap / kernel * in.row_stride() + tap % kernel * depth;
        }
        Product<kVectors>(x, weights + tap * depth * block, depth, acc);
      }
      const std::size_t count = HWY_MIN(kGroup, num_pixels - first);
      for (std::size_t p = 0; p < count; ++p) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          const std::size_t channel = b * block + v * n;
          const float* residual =
              epilogue.residual == nullptr ? nullptr : epilogue.residual->at(row[p], column[p]) + channel;
          hn::StoreU(Finish(acc[p * kVectors + v], residual, epilogue.relu), d,
                     out.at(row[p], column[p]) + channel);
        }
      }
    }
  }
}

void Conv2dDirect(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue, Image& out) {
  if (out_block(convolution.out_padded()) == 2 * hn::Lanes(D())) {
    Direct<2>(convolution, in, epilogue, out);
  } else {
    Direct<1>(convolution, in, epilogue, out);
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(ChannelMultiple);
HWY_EXPORT(Conv2dDirect);

std::size_t channel_multiple() {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(ChannelMultiple)();
}

void conv2d_direct(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                   Image& out) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(Conv2dDirect)(convolution, in, epilogue, out);
}

}  // namespace diar::nn
#endif
