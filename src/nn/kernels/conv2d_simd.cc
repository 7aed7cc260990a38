// The vector kernels behind conv2d.h: channels in the lanes, six pixels or tiles at a time.
#include "nn/kernels/conv2d.h"

#include <algorithm>

#include "nn/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/conv2d_simd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr std::size_t kGroup = 6;   // pixels or tiles of one product
constexpr std::size_t kTiles = 48;  // tiles of one strip

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

// B^T x of F(4, 3) on six vectors.
HWY_INLINE void TransformIn(const V* x, V* y) {
  const D d;
  const V two = hn::Set(d, 2.0f);
  const V four = hn::Set(d, 4.0f);
  const V five = hn::Set(d, 5.0f);
  const V a = hn::NegMulAdd(four, x[2], x[4]);  // x4 - 4 x2
  const V b = hn::NegMulAdd(four, x[1], x[3]);  // x3 - 4 x1
  const V c = hn::Sub(x[4], x[2]);
  const V e = hn::Mul(two, hn::Sub(x[3], x[1]));
  y[0] = hn::MulAdd(four, x[0], hn::NegMulAdd(five, x[2], x[4]));
  y[1] = hn::Add(a, b);
  y[2] = hn::Sub(a, b);
  y[3] = hn::Add(c, e);
  y[4] = hn::Sub(c, e);
  y[5] = hn::MulAdd(four, x[1], hn::NegMulAdd(five, x[3], x[5]));
}

// A^T x of F(4, 3): six vectors become four.
HWY_INLINE void TransformOut(const V* x, V* y) {
  const D d;
  const V a = hn::Add(x[1], x[2]);
  const V b = hn::Sub(x[1], x[2]);
  const V c = hn::Add(x[3], x[4]);
  const V e = hn::Sub(x[3], x[4]);
  y[0] = hn::Add(hn::Add(x[0], a), c);
  y[1] = hn::MulAdd(hn::Set(d, 2.0f), e, b);
  y[2] = hn::MulAdd(hn::Set(d, 4.0f), c, a);
  y[3] = hn::Add(hn::MulAdd(hn::Set(d, 8.0f), e, b), x[5]);
}

// One 6x6 tile of all channels -> inputs[tap][tile][channel].
HWY_NOINLINE void TileIn(const float* in, std::size_t row_stride, std::size_t channels,
                         std::size_t tap_stride, float* out) {
  const D d;
  for (std::size_t c = 0; c < channels; c += hn::Lanes(d)) {
    V half[6][6];  // [column][row of B^T]
    for (std::size_t column = 0; column < 6; ++column) {
      V x[6];
      for (std::size_t row = 0; row < 6; ++row)
        x[row] = hn::LoadU(d, in + row * row_stride + column * channels + c);
      TransformIn(x, half[column]);
    }
    for (std::size_t row = 0; row < 6; ++row) {
      V x[6];
      V y[6];
      for (std::size_t column = 0; column < 6; ++column) x[column] = half[column][row];
      TransformIn(x, y);
      for (std::size_t column = 0; column < 6; ++column) {
        hn::StoreU(y[column], d, out + (row * 6 + column) * tap_stride + c);
      }
    }
  }
}

// outputs[tap][tile][channel] -> up to 4x4 pixels at (row, column), with bias, residual and ReLU.
HWY_NOINLINE void TileOut(const float* in, std::size_t tap_stride, const Convolution& convolution,
                          const ConvEpilogue& epilogue, std::size_t row, std::size_t column, Image& out) {
  const D d;
  const std::size_t num_rows = HWY_MIN(std::size_t{4}, out.rows() - row);
  const std::size_t num_columns = HWY_MIN(std::size_t{4}, out.columns() - column);
  for (std::size_t c = 0; c < convolution.out_padded(); c += hn::Lanes(d)) {
    const V bias = hn::Load(d, convolution.bias() + c);
    V half[6][4];  // [column][row of A^T]
    for (std::size_t i = 0; i < 6; ++i) {
      V x[6];
      for (std::size_t j = 0; j < 6; ++j) x[j] = hn::LoadU(d, in + (j * 6 + i) * tap_stride + c);
      TransformOut(x, half[i]);
    }
    for (std::size_t r = 0; r < num_rows; ++r) {
      V x[6];
      V y[4];
      for (std::size_t i = 0; i < 6; ++i) x[i] = half[i][r];
      TransformOut(x, y);
      const long at = static_cast<long>(row + r);
      for (std::size_t k = 0; k < num_columns; ++k) {
        const long place = static_cast<long>(column + k);
        const float* residual = epilogue.residual == nullptr ? nullptr : epilogue.residual->at(at, place) + c;
        hn::StoreU(Finish(hn::Add(y[k], bias), residual, epilogue.relu), d, out.at(at, place) + c);
      }
    }
  }
}

// outputs[tap] [tiles, out] = inputs[tap] [tiles, in] x packed[tap] [in, out] for the 36 taps.
template <std::size_t kVectors>
void TileProducts(const Convolution& convolution, std::size_t num_tiles, const float* inputs,
                  float* outputs) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const std::size_t depth = convolution.in_padded();
  const std::size_t width = convolution.out_padded();
  const std::size_t block = kVectors * n;
  const std::size_t groups = (num_tiles + kGroup - 1) / kGroup;
  for (std::size_t tap = 0; tap < 36; ++tap) {
    const float* in = inputs + tap * kTiles * depth;
    float* out = outputs + tap * kTiles * width;
    for (std::size_t b = 0; b < width / block; ++b) {
      const float* weights = convolution.packed() + (tap * (width / block) + b) * depth * block;
      for (std::size_t group = 0; group < groups; ++group) {
        const float* x[kGroup];
        for (std::size_t p = 0; p < kGroup; ++p) x[p] = in + (group * kGroup + p) * depth;
        V acc[kGroup * kVectors];
        for (std::size_t i = 0; i < kGroup * kVectors; ++i) acc[i] = hn::Zero(d);
        Product<kVectors>(x, weights, depth, acc);
        for (std::size_t i = 0; i < kGroup * kVectors; ++i) {
          hn::StoreU(acc[i], d, out + (group * kGroup + i / kVectors) * width + b * block + i % kVectors * n);
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

void Conv2dWinograd(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                    ConvScratch& scratch, Image& out) {
  const std::size_t depth = convolution.in_padded();
  const std::size_t width = convolution.out_padded();
  const std::size_t tiles_across = (out.columns() + 3) / 4;
  const std::size_t num_tiles = (out.rows() + 3) / 4 * tiles_across;
  float* inputs = scratch.inputs.reserve(36 * kTiles * depth);
  float* outputs = scratch.outputs.reserve(36 * kTiles * width);
  for (std::size_t first = 0; first < num_tiles; first += kTiles) {
    const std::size_t count = HWY_MIN(kTiles, num_tiles - first);
    for (std::size_t t = 0; t < count; ++t) {
      const long row = static_cast<long>((first + t) / tiles_across * 4);
      const long column = static_cast<long>((first + t) % tiles_across * 4);
      TileIn(in.at(row - 1, column - 1), in.row_stride(), depth, kTiles * depth, inputs + t * depth);
    }
    // The last group of six may be partly filled; its spare tiles must hold numbers, whichever.
    for (std::size_t t = count; t < (count + kGroup - 1) / kGroup * kGroup; ++t) {
      for (std::size_t tap = 0; tap < 36; ++tap) {
        std::fill_n(inputs + (tap * kTiles + t) * depth, depth, 0.0f);
      }
    }
    if (out_block(width) == 2 * hn::Lanes(D())) {
      TileProducts<2>(convolution, count, inputs, outputs);
    } else {
      TileProducts<1>(convolution, count, inputs, outputs);
    }
    for (std::size_t t = 0; t < count; ++t) {
      TileOut(outputs + t * width, kTiles * width, convolution, epilogue, (first + t) / tiles_across * 4,
              (first + t) % tiles_across * 4, out);
    }
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(ChannelMultiple);
HWY_EXPORT(Conv2dDirect);
HWY_EXPORT(Conv2dWinograd);

std::size_t channel_multiple() {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(ChannelMultiple)();
}

void conv2d_direct(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                   Image& out) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(Conv2dDirect)(convolution, in, epilogue, out);
}

void conv2d_winograd(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                     ConvScratch& scratch, Image& out) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(Conv2dWinograd)(convolution, in, epilogue, scratch, out);
}

}  // namespace diar::nn
#endif
