// 3x3 convolution at stride 1 by Winograd's F(4x4, 3x3) or F(5x5, 3x3): the tiles of a strip are transformed,
// multiplied by the weights one block of out-channels after the other, and transformed back, all in the
// second-level cache.
#include <hwy/cache_control.h>

#include <algorithm>

#include "core/instruction_set.h"
#include "nn/kernels/conv2d.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/conv2d_winograd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "nn/kernels/products-inl.h"
#include "nn/kernels/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {

// Tiles of one kernel, for F(4, 3) and F(5, 3): twice as many sums have to fit in the registers. Ten divides
// the tiles of the layers that F(5, 3) is for.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr std::size_t kGroupOf[2] = {12, 10};
#else
constexpr std::size_t kGroupOf[2] = {6, 5};
#endif

template <class Transform>
constexpr std::size_t kGroup = kGroupOf[Transform::kOuts - 4];

// Vectors of weights that are prefetched in advance, for each vector of sums.
constexpr std::size_t kWeightsAhead = 32;

// Tiles that are prefetched in advance.
constexpr std::size_t kAhead = 4;

// Where the values of a strip lie: [tap][group of tiles][block of n channels][tile][channel], so that a
// kernel reads its tiles at constant offsets. One spare vector after each tap keeps the taps of a tile out
// of one cache set.
template <class Transform, class Products>
struct StripLayout {
  using Element = typename Products::Element;
  std::size_t tiles;     // a multiple of kGroup
  std::size_t channels;  // a multiple of the lanes
  std::size_t tap_stride() const {
    return tiles * channels + hn::Lanes(D()) * sizeof(float) / sizeof(Element);
  }
  std::size_t at(std::size_t tile) const {
    constexpr std::size_t group = kGroup<Transform>;
    return tile / group * group * channels + tile % group * hn::Lanes(D());
  }
  // In floats.
  std::size_t size() const {
    return Transform::kTile * Transform::kTile * tap_stride() * sizeof(Element) / sizeof(float);
  }
};

// The second dimension of one row of B^T x, stored as the row's taps.
template <class Transform, class Products>
HWY_INLINE void StoreRow(const V* row, std::size_t tap_stride, typename Products::Element* out) {
  const FromVectors x{row};
  const auto store = [&](auto step) HWY_ATTR {
    constexpr std::size_t kStep = decltype(step)::value;
    V first, second;
    Transform::template In<kStep>(x, first, second);
    Products::Store(first, out + Transform::kRow[kStep][0] * tap_stride);
    if constexpr (Transform::kRow[kStep][0] != Transform::kRow[kStep][1])
      Products::Store(second, out + Transform::kRow[kStep][1] * tap_stride);
  };
  store(std::integral_constant<std::size_t, 0>());
  store(std::integral_constant<std::size_t, 1>());
  store(std::integral_constant<std::size_t, 2>());
  if constexpr (Transform::kSteps > 3) store(std::integral_constant<std::size_t, 3>());
}

// Rows kRow[kStep] of one tile, n channels. Two rows at a time stay in registers; reading the image again for
// the next two is cheaper than keeping all of them.
template <class Transform, class Products, std::size_t kStep>
HWY_INLINE void TileRows(const float* in, std::size_t row_stride, std::size_t channels,
                         std::size_t tap_stride, typename Products::Element* out) {
  constexpr std::size_t kTile = Transform::kTile;
  V first[kTile];
  V second[kTile];
#pragma GCC unroll 7
  for (std::size_t k = 0; k < kTile; ++k)
    Transform::template In<kStep>(FromColumn{in + k * channels, row_stride}, first[k], second[k]);
  StoreRow<Transform, Products>(first, tap_stride, out + Transform::kRow[kStep][0] * kTile * tap_stride);
  if constexpr (Transform::kRow[kStep][0] != Transform::kRow[kStep][1])
    StoreRow<Transform, Products>(second, tap_stride, out + Transform::kRow[kStep][1] * kTile * tap_stride);
}

// B^T x B of one tile of all channels. `ahead` is a later tile, which is prefetched.
template <class Transform, class Products>
void TileIn(const float* in, const float* ahead, std::size_t row_stride,
            const StripLayout<Transform, Products>& strip, typename Products::Element* out) {
  const std::size_t n = hn::Lanes(D());
  const std::size_t channels = strip.channels;
  const std::size_t tap = strip.tap_stride();
  for (std::size_t c = 0; c < channels; c += n, in += n, ahead += n, out += kGroup<Transform> * n) {
#pragma GCC unroll 7
    for (std::size_t r = 0; r < Transform::kTile; ++r) {
#pragma GCC unroll 5
      for (std::size_t k = 0; k < Transform::kOuts; ++k)
        hwy::Prefetch(ahead + r * row_stride + (2 + k) * channels);
    }
    TileRows<Transform, Products, 0>(in, row_stride, channels, tap, out);
    TileRows<Transform, Products, 1>(in, row_stride, channels, tap, out);
    TileRows<Transform, Products, 2>(in, row_stride, channels, tap, out);
    if constexpr (Transform::kSteps > 3) TileRows<Transform, Products, 3>(in, row_stride, channels, tap, out);
  }
}

// What happens to the results of one block of out-channels.
struct Finish {
  const float* bias;
  bool relu;
  const Image* residual;
  std::size_t channel;
  std::size_t num_vectors;
};

// A^T x A of one tile: up to kOuts x kOuts pixels at (row, column), with bias, residual and ReLU.
template <class Transform, bool kWhole, bool kResidual>
void TileOut(const float* in, std::size_t tap_stride, const Finish& finish, std::size_t row,
             std::size_t column, const float* ahead, Image& out) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  constexpr std::size_t kOuts = Transform::kOuts;
  constexpr std::size_t kTile = Transform::kTile;
  const std::size_t num_rows = kWhole ? kOuts : HWY_MIN(kOuts, out.rows() - row);
  const std::size_t num_columns = kWhole ? kOuts : HWY_MIN(kOuts, out.columns() - column);
  const std::size_t channels = out.channels();
  const V floor = hn::Set(d, finish.relu ? 0.0f : -3.4028234e38f);
  for (std::size_t v = 0; v < finish.num_vectors; ++v, in += kGroup<Transform> * n) {
    const std::size_t c = finish.channel + v * n;
    if constexpr (kWhole) {
#pragma GCC unroll 5
      for (std::size_t r = 0; r < kOuts; ++r) {
#pragma GCC unroll 5
        for (std::size_t k = 0; k < kOuts; ++k)
          hwy::Prefetch(ahead + r * out.row_stride() + k * channels + c);
      }
    }
    V half[kOuts][kTile];
#pragma GCC unroll 7
    for (std::size_t i = 0; i < kTile; ++i) {
      V x[kTile];
      V y[kOuts];
#pragma GCC unroll 7
      for (std::size_t j = 0; j < kTile; ++j) x[j] = hn::Load(d, in + (j * kTile + i) * tap_stride);
      Transform::Out(x, y);
#pragma GCC unroll 5
      for (std::size_t r = 0; r < kOuts; ++r) half[r][i] = y[r];
    }
    const V bias = hn::Load(d, finish.bias + c);
#pragma GCC unroll 5
    for (std::size_t r = 0; r < kOuts; ++r) {
      if (!kWhole && r >= num_rows) break;
      V y[kOuts];
      Transform::Out(half[r], y);
      float* to = out.at(static_cast<long>(row + r), static_cast<long>(column)) + c;
      const float* add = kResidual
                             ? finish.residual->at(static_cast<long>(row + r), static_cast<long>(column)) + c
                             : nullptr;
#pragma GCC unroll 5
      for (std::size_t k = 0; k < kOuts; ++k) {
        if (!kWhole && k >= num_columns) break;
        V value = hn::Add(y[k], bias);
        if constexpr (kResidual) value = hn::Add(value, hn::Load(d, add + k * channels));
        hn::Store(hn::Max(value, floor), d, to + k * channels);
      }
    }
  }
}

// One group of tiles times one block of kVectors vectors of out-channels, at one tap. The sums stay in
// registers; the next weights and tiles are prefetched while these are multiplied.
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

// outputs[tap] = inputs[tap] x weights[tap] for all taps and one block of out-channels.
template <class Transform, class Products, std::size_t kVectors>
void MultiplyTaps(const typename Products::Element* weights, std::size_t num_tiles,
                  const StripLayout<Transform, Products>& in_strip,
                  const StripLayout<Transform, FloatProducts>& out_strip,
                  const typename Products::Element* inputs, float* outputs) {
  const std::size_t depth = in_strip.channels;
  const std::size_t block = out_strip.channels;
  for (std::size_t tap = 0; tap < Transform::kTile * Transform::kTile; ++tap) {
    for (std::size_t tile = 0; tile < num_tiles; tile += kGroup<Transform>) {
      Product<Transform, Products, kVectors>(inputs + tap * in_strip.tap_stride() + tile * depth,
                                             weights + tap * depth * block, depth,
                                             outputs + tap * out_strip.tap_stride() + tile * block);
    }
  }
}

// Tiles of one strip: as many as fit in the second-level cache, in strips of about equal size.
template <class Transform, class Products>
std::size_t StripTiles(std::size_t depth, std::size_t block, std::size_t num_tiles) {
  constexpr std::size_t kBytes = 480 * 1024;
  constexpr std::size_t group = kGroup<Transform>;
  const std::size_t tile = Transform::kTile * Transform::kTile *
                           (depth * sizeof(typename Products::Element) + block * sizeof(float));
  const std::size_t fitting = HWY_MAX(2 * group, kBytes / tile / group * group);
  const std::size_t strips = (num_tiles + fitting - 1) / fitting;
  return ((num_tiles + strips - 1) / strips + group - 1) / group * group;
}

template <class Transform, class Products, std::size_t kVectors>
void Run(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue, ConvScratch& scratch,
         Image& out) {
  constexpr std::size_t kOuts = Transform::kOuts;
  constexpr std::size_t group = kGroup<Transform>;
  const std::size_t depth = convolution.in_padded();
  const std::size_t block = kVectors * hn::Lanes(D());
  const std::size_t across = (out.columns() + kOuts - 1) / kOuts;
  const std::size_t num_tiles = (out.rows() + kOuts - 1) / kOuts * across;
  const std::size_t strip = StripTiles<Transform, Products>(depth, block, num_tiles);
  const StripLayout<Transform, Products> in_strip{strip, depth};
  const StripLayout<Transform, FloatProducts> out_strip{strip, block};
  const auto at = [&](auto& image, std::size_t tile, long border) HWY_ATTR {
    return image.at(static_cast<long>(tile / across * kOuts) - border,
                    static_cast<long>(tile % across * kOuts) - border);
  };
  auto* inputs =
      reinterpret_cast<typename Products::Element*>(scratch.inputs.reserve(in_strip.size() + 16 * block));
  float* outputs = scratch.outputs.reserve(out_strip.size());
  for (std::size_t first = 0; first < num_tiles; first += strip) {
    const std::size_t count = HWY_MIN(strip, num_tiles - first);
    // The last group may be partly filled: its spare tiles repeat the last one, so that they hold numbers.
    for (std::size_t t = 0; t < (count + group - 1) / group * group; ++t) {
      const std::size_t tile = first + HWY_MIN(t, count - 1);
      const std::size_t later = HWY_MIN(tile + kAhead, num_tiles - 1);
      TileIn<Transform, Products>(at(in, tile, 1), at(in, later, 1), in.row_stride(), in_strip,
                                  inputs + in_strip.at(t));
    }
    for (std::size_t channel = 0; channel < convolution.out_padded(); channel += block) {
      const auto* weights =
          Products::Weights(convolution) + channel * Transform::kTile * Transform::kTile * depth;
      MultiplyTaps<Transform, Products, kVectors>(weights, count, in_strip, out_strip, inputs, outputs);
      const Finish finish{convolution.bias(), epilogue.relu, epilogue.residual, channel, kVectors};
      const bool residual = epilogue.residual != nullptr;
      for (std::size_t t = 0; t < count; ++t) {
        const std::size_t row = (first + t) / across * kOuts;
        const std::size_t column = (first + t) % across * kOuts;
        const bool whole = row + kOuts <= out.rows() && column + kOuts <= out.columns();
        const auto tile_out =
            whole ? (residual ? TileOut<Transform, true, true> : TileOut<Transform, true, false>)
                  : (residual ? TileOut<Transform, false, true> : TileOut<Transform, false, false>);
        tile_out(outputs + out_strip.at(t), out_strip.tap_stride(), finish, row, column,
                 at(out, HWY_MIN(first + t + kAhead, num_tiles - 1), 0), out);
      }
    }
  }
}

template <class Products>
void RunWinograd(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                 ConvScratch& scratch, Image& out) {
  const bool two = out_block(convolution.out_padded()) == 2 * hn::Lanes(D());
  const bool five = convolution.winograd().outs == 5;
  const auto run = five ? (two ? Run<Transform5, Products, 2> : Run<Transform5, Products, 1>)
                        : (two ? Run<Transform4, Products, 2> : Run<Transform4, Products, 1>);
  run(convolution, in, epilogue, scratch, out);
}

void Conv2dWinograd(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                    ConvScratch& scratch, Image& out) {
#if DIAR_BF16_PRODUCTS
  if (convolution.uses_bf16()) return RunWinograd<BfloatProducts>(convolution, in, epilogue, scratch, out);
#endif
  RunWinograd<FloatProducts>(convolution, in, epilogue, scratch, out);
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
