#include "nn/kernels/tap_gemm.h"

#include <algorithm>
#include <cassert>

#include "core/instruction_set.h"
#include "nn/kernels/conv2d.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/tap_gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr std::size_t kGroup = 6;  // rows of one product
// Vectors of one block of out-channels: six rows times four sums need 32 registers, times two 16.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr std::size_t kMostVectors = 4;
#else
constexpr std::size_t kMostVectors = 2;
#endif
// Rows that meet a part of the weights before the next part does: that part stays in the first-level cache,
// the rows in the second.
constexpr std::size_t kStrip = 8 * kGroup;
// Depth of such a part: 32 KiB of weights with four vectors of 16.
constexpr std::size_t kPart = 128;

std::size_t TapBlock(std::size_t outs) {
  std::size_t block = kMostVectors * hn::Lanes(D());
  while (outs % block != 0) block /= 2;
  return block;
}

// sums[r][v] += sum_k x[r][k] * w[k][v]
template <std::size_t kVectors>
HWY_INLINE void Product(const float* const* HWY_RESTRICT x, const float* HWY_RESTRICT w, std::size_t depth,
                        V (&sums)[kGroup][kVectors]) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const float* x0 = x[0];
  const float* x1 = x[1];
  const float* x2 = x[2];
  const float* x3 = x[3];
  const float* x4 = x[4];
  const float* x5 = x[5];
  for (std::size_t k = 0; k < depth; ++k, w += kVectors * n) {
    V weights[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) weights[v] = hn::Load(d, w + v * n);
    const float* const rows[kGroup] = {x0, x1, x2, x3, x4, x5};
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kGroup; ++r) {
      // One value at a time: all six together with the sums and the weights are more than the registers hold.
      const V value = hn::Set(d, rows[r][k]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(value, weights[v], sums[r][v]);
    }
  }
}

// Where the rows of a strip lie; rows after the last repeat it.
struct Strip {
  std::size_t first;
  std::size_t count;
  const float* in[kStrip];
  float* out[kStrip];

  Strip(const TapInput& input, float* output, const RowGrid& out_rows, std::size_t begin, std::size_t end)
      : first(begin), count(end - begin) {
    for (std::size_t r = 0; r < (count + kGroup - 1) / kGroup * kGroup; ++r) {
      const std::size_t row = HWY_MIN(begin + r, end - 1);
      in[r] = input.first + input.rows.at(row);
      out[r] = output + out_rows.at(row);
    }
  }
};

// A part of the depth: the sums start with the bias or go on from the output, which holds them until the
// last.
struct Part {
  std::size_t offset;  // from the first value of a row
  std::size_t depth;
  const float* weights;
  bool is_first;
  bool is_last;
};

// Rows [group, group + 6) of a strip and one block of out-channels.
template <std::size_t kVectors>
HWY_INLINE void Group(const TapMatrix& matrix, const Part& part, const Strip& strip, std::size_t group,
                      std::size_t channel, const TapEpilogue& epilogue) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  V sums[kGroup][kVectors];
  const float* x[kGroup];
#pragma GCC unroll 6
  for (std::size_t r = 0; r < kGroup; ++r) {
    x[r] = strip.in[group + r] + part.offset;
    const float* start = part.is_first ? matrix.bias() + channel : strip.out[group + r] + channel;
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Load(d, start + v * n);
  }
  Product<kVectors>(x, part.weights, part.depth, sums);
  const V floor = hn::Set(d, part.is_last && epilogue.relu ? 0.0f : -3.4028234e38f);
#pragma GCC unroll 6
  for (std::size_t r = 0; r < kGroup; ++r) {
    if (group + r >= strip.count) break;
    float* to = strip.out[group + r] + channel;
    const float* factors = !part.is_last || epilogue.factors == nullptr
                               ? nullptr
                               : epilogue.factors + channel +
                                     (strip.first + group + r) / epilogue.rows_per_factor * matrix.outs();
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      V value = hn::Max(sums[r][v], floor);
      if (factors != nullptr) value = hn::Mul(value, hn::Load(d, factors + v * n));
      hn::Store(value, d, to + v * n);
    }
  }
}

template <std::size_t kVectors>
void Run(const TapMatrix& matrix, const TapInput& in, std::size_t num_rows, const TapEpilogue& epilogue,
         float* out, const RowGrid& out_rows) {
  const std::size_t block = kVectors * hn::Lanes(D());
  for (std::size_t begin = 0; begin < num_rows; begin += kStrip) {
    const Strip strip(in, out, out_rows, begin, HWY_MIN(num_rows, begin + kStrip));
    for (std::size_t channel = 0; channel < matrix.outs(); channel += block) {
      const float* weights = matrix.packed() + channel * matrix.taps() * matrix.depth();
      for (std::size_t tap = 0; tap < matrix.taps(); ++tap) {
        for (std::size_t k = 0; k < matrix.depth(); k += kPart) {
          const std::size_t depth = HWY_MIN(kPart, matrix.depth() - k);
          const Part part{tap * in.tap_stride + k, depth, weights, tap == 0 && k == 0,
                          tap + 1 == matrix.taps() && k + depth == matrix.depth()};
          for (std::size_t group = 0; group < strip.count; group += kGroup)
            Group<kVectors>(matrix, part, strip, group, channel, epilogue);
          weights += depth * block;
        }
      }
    }
  }
}

void TapGemm(const TapMatrix& matrix, const TapInput& in, std::size_t num_rows, const TapEpilogue& epilogue,
             float* out, const RowGrid& out_rows) {
  const std::size_t vectors = matrix.block() / hn::Lanes(D());
  if (vectors == 1) return Run<1>(matrix, in, num_rows, epilogue, out, out_rows);
  if (vectors == 2) return Run<2>(matrix, in, num_rows, epilogue, out, out_rows);
  if constexpr (kMostVectors == 4) return Run<4>(matrix, in, num_rows, epilogue, out, out_rows);
}

void AffineRelu(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                const float* scale, const float* shift, float* out, std::size_t out_stride) {
  const D d;
  for (std::size_t t = 0; t < num_rows; ++t, in += in_stride, out += out_stride) {
    for (std::size_t c = 0; c < channels; c += hn::Lanes(d)) {
      const V value = hn::MulAdd(hn::Load(d, in + c), hn::Load(d, scale + c), hn::Load(d, shift + c));
      hn::Store(hn::Max(value, hn::Zero(d)), d, out + c);
    }
  }
}

void ColumnSums(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                float* sums) {
  const D d;
  for (std::size_t c = 0; c < channels; c += hn::Lanes(d)) {
    V sum = hn::Zero(d);
    for (std::size_t t = 0; t < num_rows; ++t) sum = hn::Add(sum, hn::Load(d, in + t * in_stride + c));
    hn::Store(sum, d, sums + c);
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(TapBlock);
HWY_EXPORT(TapGemm);
HWY_EXPORT(AffineRelu);
HWY_EXPORT(ColumnSums);

TapMatrix::TapMatrix(std::span<const float> weights, std::size_t outs, std::size_t taps, std::size_t depth,
                     std::span<const float> bias)
    : outs_(outs), taps_(taps), depth_(depth) {
  assert(weights.size() == outs * taps * depth && bias.size() == outs);
  choose_instruction_set();
  assert(outs % channel_multiple() == 0);
  block_ = HWY_DYNAMIC_DISPATCH(TapBlock)(outs);
  float* packed = packed_.reserve(weights.size());
  for (std::size_t o = 0; o < outs; ++o) {
    for (std::size_t k = 0; k < taps * depth; ++k)
      packed[(o / block_ * taps * depth + k) * block_ + o % block_] = weights[o * taps * depth + k];
  }
  std::copy(bias.begin(), bias.end(), bias_.reserve(outs));
}

void tap_gemm(const TapMatrix& matrix, const TapInput& in, std::size_t num_rows, const TapEpilogue& epilogue,
              float* out, const RowGrid& out_rows) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(TapGemm)(matrix, in, num_rows, epilogue, out, out_rows);
}

void tap_gemm_reference(std::span<const float> weights, std::span<const float> bias, std::size_t taps,
                        std::size_t depth, const TapInput& in, std::size_t num_rows,
                        const TapEpilogue& epilogue, float* out, const RowGrid& out_rows) {
  const std::size_t outs = bias.size();
  for (std::size_t i = 0; i < num_rows; ++i) {
    for (std::size_t o = 0; o < outs; ++o) {
      double sum = bias[o];
      for (std::size_t k = 0; k < taps; ++k) {
        const float* x = in.first + in.rows.at(i) + k * in.tap_stride;
        for (std::size_t d = 0; d < depth; ++d)
          sum += static_cast<double>(x[d]) * static_cast<double>(weights[(o * taps + k) * depth + d]);
      }
      if (epilogue.relu) sum = std::max(sum, 0.0);
      if (epilogue.factors != nullptr)
        sum *= static_cast<double>(epilogue.factors[i / epilogue.rows_per_factor * outs + o]);
      out[out_rows.at(i) + o] = static_cast<float>(sum);
    }
  }
}

void affine_relu(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                 const float* scale, const float* shift, float* out, std::size_t out_stride) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(AffineRelu)(in, in_stride, num_rows, channels, scale, shift, out, out_stride);
}

void affine_relu_reference(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                           const float* scale, const float* shift, float* out, std::size_t out_stride) {
  for (std::size_t t = 0; t < num_rows; ++t) {
    for (std::size_t c = 0; c < channels; ++c)
      out[t * out_stride + c] = std::max(in[t * in_stride + c] * scale[c] + shift[c], 0.0f);
  }
}

void column_sums(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                 float* sums) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(ColumnSums)(in, in_stride, num_rows, channels, sums);
}

void column_sums_reference(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                           float* sums) {
  for (std::size_t c = 0; c < channels; ++c) {
    sums[c] = 0.0f;
    for (std::size_t t = 0; t < num_rows; ++t) sums[c] += in[t * in_stride + c];
  }
}

}  // namespace diar::nn
#endif
