// 3x3 convolution at stride 1 by Winograd's F(4x4, 3x3): a strip of tiles is transformed, multiplied tap by
// tap, and transformed back while it lies in the second-level cache.
#include <algorithm>

#include "nn/kernels/conv2d.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/winograd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/conv2d_winograd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Tiles of one product: with 32 registers twelve times two sums fit, with 16 six times two.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr std::size_t kGroup = 12;
#else
constexpr std::size_t kGroup = 6;
#endif
constexpr std::size_t kTile = Winograd4::kTile;
constexpr std::size_t kTaps = kTile * kTile;

// Where a strip lies in memory: [tap][group of tiles][block of n channels][tile][channel], so that a product
// reads its tiles at constant offsets. One spare vector behind each tap keeps the taps of one tile out of one
// cache set.
struct StripLayout {
  std::size_t tiles;     // a multiple of kGroup
  std::size_t channels;  // a multiple of the lanes
  std::size_t tap_stride() const { return tiles * channels + hn::Lanes(D()); }
  std::size_t at(std::size_t tile) const {
    return tile / kGroup * kGroup * channels + tile % kGroup * hn::Lanes(D());
  }
  std::size_t size() const { return kTaps * tap_stride(); }
};

// One dimension of B^T x: rows +-a, +-b as pairs, the outer two together. `x` gives the six values.
template <class Values>
HWY_INLINE void PairIn(const Values& x, float point, float other_squared, V& plus, V& minus) {
  const D d;
  const V square = hn::Set(d, other_squared);
  const V even = hn::NegMulAdd(square, x(2), x(4));
  const V odd = hn::NegMulAdd(square, x(1), x(3));
  plus = hn::MulAdd(hn::Set(d, point), odd, even);
  minus = hn::NegMulAdd(hn::Set(d, point), odd, even);
}

template <class Values>
HWY_INLINE void OuterIn(const Values& x, V& first, V& last) {
  const D d;
  const V product = hn::Set(d, Winograd4::kA2 * Winograd4::kB2);
  const V sum = hn::Set(d, Winograd4::kA2 + Winograd4::kB2);
  first = hn::MulAdd(product, x(0), hn::NegMulAdd(sum, x(2), x(4)));
  last = hn::MulAdd(product, x(1), hn::NegMulAdd(sum, x(3), x(5)));
}

struct ColumnOfImage {
  const float* first;
  std::size_t row_stride;
  HWY_INLINE V operator()(std::size_t row) const { return hn::LoadU(D(), first + row * row_stride); }
};

struct Six {
  const V* values;
  HWY_INLINE V operator()(std::size_t i) const { return values[i]; }
};

// The second dimension of one row of B^T x, stored as the row's six taps.
HWY_INLINE void StoreRow(const V* row, std::size_t tap_stride, float* out) {
  const D d;
  const Six x{row};
  V plus, minus;
  PairIn(x, Winograd4::kA, Winograd4::kB2, plus, minus);
  hn::Store(plus, d, out + tap_stride);
  hn::Store(minus, d, out + 2 * tap_stride);
  PairIn(x, Winograd4::kB, Winograd4::kA2, plus, minus);
  hn::Store(plus, d, out + 3 * tap_stride);
  hn::Store(minus, d, out + 4 * tap_stride);
  OuterIn(x, plus, minus);
  hn::Store(plus, d, out);
  hn::Store(minus, d, out + 5 * tap_stride);
}

// One 6x6 tile of all channels. Two rows of B^T x at a time stay in registers; reading the image again for
// the next two is cheaper than keeping all 36 vectors.
void TileIn(const float* in, std::size_t row_stride, const StripLayout& strip, float* out) {
  const std::size_t n = hn::Lanes(D());
  const std::size_t channels = strip.channels;
  const std::size_t tap = strip.tap_stride();
  const std::size_t tap_row = kTile * tap;
  for (std::size_t c = 0; c < channels; c += n, out += kGroup * n) {
    V first[kTile];
    V second[kTile];
#pragma GCC unroll 6
    for (std::size_t k = 0; k < kTile; ++k) {
      PairIn(ColumnOfImage{in + k * channels + c, row_stride}, Winograd4::kA, Winograd4::kB2, first[k],
             second[k]);
    }
    StoreRow(first, tap, out + tap_row);
    StoreRow(second, tap, out + 2 * tap_row);
#pragma GCC unroll 6
    for (std::size_t k = 0; k < kTile; ++k) {
      PairIn(ColumnOfImage{in + k * channels + c, row_stride}, Winograd4::kB, Winograd4::kA2, first[k],
             second[k]);
    }
    StoreRow(first, tap, out + 3 * tap_row);
    StoreRow(second, tap, out + 4 * tap_row);
#pragma GCC unroll 6
    for (std::size_t k = 0; k < kTile; ++k) {
      OuterIn(ColumnOfImage{in + k * channels + c, row_stride}, first[k], second[k]);
    }
    StoreRow(first, tap, out);
    StoreRow(second, tap, out + 5 * tap_row);
  }
}

// A^T x of one dimension: six values become four.
HWY_INLINE void TransformOut(const V* x, V* y) {
  const D d;
  const V sum_a = hn::Add(x[1], x[2]);
  const V difference_a = hn::Sub(x[1], x[2]);
  const V sum_b = hn::Add(x[3], x[4]);
  const V difference_b = hn::Sub(x[3], x[4]);
  y[0] = hn::Add(hn::Add(x[0], sum_a), sum_b);
  y[1] =
      hn::MulAdd(hn::Set(d, Winograd4::kA), difference_a, hn::Mul(hn::Set(d, Winograd4::kB), difference_b));
  y[2] = hn::MulAdd(hn::Set(d, Winograd4::kA2), sum_a, hn::Mul(hn::Set(d, Winograd4::kB2), sum_b));
  y[3] = hn::MulAdd(hn::Set(d, Winograd4::kA * Winograd4::kA2), difference_a,
                    hn::MulAdd(hn::Set(d, Winograd4::kB * Winograd4::kB2), difference_b, x[5]));
}

// One tile back to up to 4x4 pixels at (row, column), with bias, residual and ReLU.
template <bool kWhole, bool kResidual>
void TileOut(const float* in, const StripLayout& strip, const Convolution& convolution, bool relu,
             const Image* residual, std::size_t row, std::size_t column, Image& out) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const std::size_t tap = strip.tap_stride();
  const std::size_t num_rows = kWhole ? 4 : HWY_MIN(std::size_t{4}, out.rows() - row);
  const std::size_t num_columns = kWhole ? 4 : HWY_MIN(std::size_t{4}, out.columns() - column);
  const V floor = hn::Set(d, relu ? 0.0f : -3.4028234e38f);
  for (std::size_t c = 0; c < strip.channels; c += n, in += kGroup * n) {
    const V bias = hn::Load(d, convolution.bias() + c);
    V half[4][kTile];
#pragma GCC unroll 6
    for (std::size_t i = 0; i < kTile; ++i) {
      V x[kTile];
      V y[4];
#pragma GCC unroll 6
      for (std::size_t j = 0; j < kTile; ++j) x[j] = hn::Load(d, in + (j * kTile + i) * tap);
      TransformOut(x, y);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < 4; ++r) half[r][i] = y[r];
    }
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; ++r) {
      if (!kWhole && r >= num_rows) break;
      V y[4];
      TransformOut(half[r], y);
      const long at = static_cast<long>(row + r);
      float* to = out.at(at, static_cast<long>(column)) + c;
      const float* add = kResidual ? residual->at(at, static_cast<long>(column)) + c : nullptr;
#pragma GCC unroll 4
      for (std::size_t k = 0; k < 4; ++k) {
        if (!kWhole && k >= num_columns) break;
        V value = hn::Add(y[k], bias);
        if constexpr (kResidual) value = hn::Add(value, hn::Load(d, add + k * strip.channels));
        hn::Store(hn::Max(value, floor), d, to + k * strip.channels);
      }
    }
  }
}

// One group of tiles times one block of kVectors vectors of out-channels, at one tap. The sums stay in
// registers.
template <std::size_t kVectors>
HWY_INLINE void Product(const float* HWY_RESTRICT x, const float* HWY_RESTRICT weights, std::size_t depth,
                        float* HWY_RESTRICT out) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  V sums[kGroup][kVectors];
#pragma GCC unroll 12
  for (std::size_t t = 0; t < kGroup; ++t) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) sums[t][v] = hn::Zero(d);
  }
  for (std::size_t block = 0; block < depth; block += n, x += kGroup * n) {
#pragma GCC unroll 2
    for (std::size_t k = 0; k < n; ++k, weights += kVectors * n) {
      V w[kVectors];
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) w[v] = hn::Load(d, weights + v * n);
#pragma GCC unroll 12
      for (std::size_t t = 0; t < kGroup; ++t) {
        const V value = hn::Set(d, x[t * n + k]);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < kVectors; ++v) sums[t][v] = hn::MulAdd(value, w[v], sums[t][v]);
      }
    }
  }
#pragma GCC unroll 12
  for (std::size_t t = 0; t < kGroup; ++t) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sums[t][v], d, out + (v * kGroup + t) * n);
  }
}

// outputs[tap] = inputs[tap] x packed[tap] for the 36 taps.
template <std::size_t kVectors>
void Products(const Convolution& convolution, std::size_t num_tiles, const StripLayout& in_strip,
              const StripLayout& out_strip, const float* inputs, float* outputs) {
  const std::size_t depth = in_strip.channels;
  const std::size_t width = out_strip.channels;
  const std::size_t block = kVectors * hn::Lanes(D());
  for (std::size_t tap = 0; tap < kTaps; ++tap) {
    for (std::size_t b = 0; b < width; b += block) {
      const float* weights = convolution.packed() + (tap * width + b) * depth;
      for (std::size_t tile = 0; tile < num_tiles; tile += kGroup) {
        Product<kVectors>(inputs + tap * in_strip.tap_stride() + tile * depth, weights, depth,
                          outputs + tap * out_strip.tap_stride() + tile * width + b * kGroup);
      }
    }
  }
}

// Tiles of one strip: what fits beside the weights in the second-level cache, but enough to read the weights
// seldom.
std::size_t StripTiles(std::size_t depth, std::size_t width, std::size_t num_tiles) {
  constexpr std::size_t kFloats = 480 * 1024 / sizeof(float);
  constexpr std::size_t kFewest = 48;
  const std::size_t fitting = HWY_MAX(kFewest, kFloats / (kTaps * (depth + width)));
  const std::size_t strips = (num_tiles + fitting - 1) / fitting;
  const std::size_t tiles = (num_tiles + strips - 1) / strips;
  return (tiles + kGroup - 1) / kGroup * kGroup;
}

void Conv2dWinograd(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                    ConvScratch& scratch, Image& out) {
  const std::size_t tiles_across = (out.columns() + 3) / 4;
  const std::size_t num_tiles = (out.rows() + 3) / 4 * tiles_across;
  const std::size_t strip = StripTiles(convolution.in_padded(), convolution.out_padded(), num_tiles);
  const StripLayout in_strip{strip, convolution.in_padded()};
  const StripLayout out_strip{strip, convolution.out_padded()};
  float* inputs = scratch.inputs.reserve(in_strip.size());
  float* outputs = scratch.outputs.reserve(out_strip.size());
  const bool two = out_block(convolution.out_padded()) == 2 * hn::Lanes(D());
  for (std::size_t first = 0; first < num_tiles; first += strip) {
    const std::size_t count = HWY_MIN(strip, num_tiles - first);
    // The last group may be partly filled: its spare tiles repeat the last one, so that they hold numbers.
    for (std::size_t t = 0; t < (count + kGroup - 1) / kGroup * kGroup; ++t) {
      const std::size_t tile = first + HWY_MIN(t, count - 1);
      TileIn(in.at(static_cast<long>(tile / tiles_across * 4) - 1,
                   static_cast<long>(tile % tiles_across * 4) - 1),
             in.row_stride(), in_strip, inputs + in_strip.at(t));
    }
    two ? Products<2>(convolution, count, in_strip, out_strip, inputs, outputs)
        : Products<1>(convolution, count, in_strip, out_strip, inputs, outputs);
    for (std::size_t t = 0; t < count; ++t) {
      const std::size_t row = (first + t) / tiles_across * 4;
      const std::size_t column = (first + t) % tiles_across * 4;
      const bool whole = row + 4 <= out.rows() && column + 4 <= out.columns();
      const bool residual = epilogue.residual != nullptr;
      const auto finish = whole ? (residual ? TileOut<true, true> : TileOut<true, false>)
                                : (residual ? TileOut<false, true> : TileOut<false, false>);
      finish(outputs + out_strip.at(t), out_strip, convolution, epilogue.relu, epilogue.residual, row, column,
             out);
    }
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(Conv2dWinograd);

void conv2d_winograd(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                     ConvScratch& scratch, Image& out) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(Conv2dWinograd)(convolution, in, epilogue, scratch, out);
}

}  // namespace diar::nn
#endif
