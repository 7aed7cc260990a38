#include "nn/kernels/tap_gemm.h"

#include <algorithm>
#include <cassert>
#include <type_traits>

#include "core/instruction_set.h"
#include "nn/kernels/conv2d.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/tap_gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "nn/kernels/six_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {

// Rows that meet a part of the weights before the next part does: that part stays in the first-level cache,
// the rows in the second.
constexpr std::size_t kStrip = 8 * kGroup;
// Depth of such a part: 32 KiB of weights with four vectors of 16.
constexpr std::size_t kPart = 128;

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

// A part of the depth of one tap: the sums start with the bias or go on from the output, which holds them
// until the last.
struct Part {
  std::size_t first;  // value of a row with its taps
  std::size_t depth;
  bool is_first;
  bool is_last;
};

// A strip's values of one part. Floats are read where they lie; others are converted, once for all
// out-channels.
template <class Products>
class Values {
 public:
  using Element = typename Products::Element;

  void read(const Strip& strip, std::size_t offset, std::size_t depth) {
    strip_ = &strip;
    offset_ = offset;
    if constexpr (kConverts) {
      const D d;
      for (std::size_t r = 0; r < strip.count; ++r) {
        for (std::size_t k = 0; k < depth; k += hn::Lanes(d))
          Products::Store(hn::LoadU(d, strip.in[r] + offset + k), converted_ + r * kPart + k);
      }
    }
  }

  const Element* at(std::size_t row) const {
    if constexpr (kConverts) {
      return converted_ + HWY_MIN(row, strip_->count - 1) * kPart;
    } else {
      return strip_->in[row] + offset_;
    }
  }

 private:
  static constexpr bool kConverts = !std::is_same_v<Element, float>;

  const Strip* strip_ = nullptr;
  std::size_t offset_ = 0;
  alignas(64) Element converted_[kConverts ? kStrip * kPart : 1];
};

// Rows [group, group + 6) of a strip and one block of out-channels.
template <class Products, std::size_t kVectors>
HWY_INLINE void Group(const TapMatrix& matrix, const Part& part, const Strip& strip,
                      const Values<Products>& values, std::size_t group, std::size_t channel,
                      const TapEpilogue& epilogue) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  V sums[kGroup][kVectors];
  const typename Products::Element* x[kGroup];
#pragma GCC unroll 6
  for (std::size_t r = 0; r < kGroup; ++r) {
    x[r] = values.at(group + r);
    const float* start = part.is_first ? matrix.bias() + channel : strip.out[group + r] + channel;
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Load(d, start + v * n);
  }
  const auto* weights =
      Products::Weights(matrix) + channel * matrix.taps() * matrix.depth() + part.first * kVectors * n;
  Product<Products, 0>(x, weights, part.depth, sums);
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

template <class Products, std::size_t kVectors>
void Run(const TapMatrix& matrix, const TapInput& in, std::size_t num_rows, const TapEpilogue& epilogue,
         float* out, const RowGrid& out_rows) {
  Values<Products> values;
  for (std::size_t begin = 0; begin < num_rows; begin += kStrip) {
    const Strip strip(in, out, out_rows, begin, HWY_MIN(num_rows, begin + kStrip));
    for (std::size_t tap = 0; tap < matrix.taps(); ++tap) {
      for (std::size_t k = 0; k < matrix.depth(); k += kPart) {
        const std::size_t depth = HWY_MIN(kPart, matrix.depth() - k);
        const Part part{tap * matrix.depth() + k, depth, tap == 0 && k == 0,
                        tap + 1 == matrix.taps() && k + depth == matrix.depth()};
        values.read(strip, tap * in.tap_stride + k, depth);
        for (std::size_t channel = 0; channel < matrix.outs(); channel += matrix.block()) {
          for (std::size_t group = 0; group < strip.count; group += kGroup)
            Group<Products, kVectors>(matrix, part, strip, values, group, channel, epilogue);
        }
      }
    }
  }
}

template <class Products>
void RunBlocks(const TapMatrix& matrix, const TapInput& in, std::size_t num_rows, const TapEpilogue& epilogue,
               float* out, const RowGrid& out_rows) {
  const std::size_t vectors = matrix.block() / hn::Lanes(D());
  if (vectors == 1) return Run<Products, 1>(matrix, in, num_rows, epilogue, out, out_rows);
  if (vectors == 2) return Run<Products, 2>(matrix, in, num_rows, epilogue, out, out_rows);
  if constexpr (kMostVectors == 4) return Run<Products, 4>(matrix, in, num_rows, epilogue, out, out_rows);
}

void TapGemm(const TapMatrix& matrix, const TapInput& in, std::size_t num_rows, const TapEpilogue& epilogue,
             float* out, const RowGrid& out_rows) {
#if DIAR_BF16_PRODUCTS
  if (matrix.uses_bf16()) return RunBlocks<BfloatProducts>(matrix, in, num_rows, epilogue, out, out_rows);
#endif
  RunBlocks<FloatProducts>(matrix, in, num_rows, epilogue, out, out_rows);
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

HWY_EXPORT(TapGemm);
HWY_EXPORT(AffineRelu);
HWY_EXPORT(ColumnSums);

TapMatrix::TapMatrix(std::span<const float> weights, std::size_t outs, std::size_t taps, std::size_t depth,
                     std::span<const float> bias, ProductPrecision products)
    : outs_(outs), taps_(taps), depth_(depth) {
  assert(weights.size() == outs * taps * depth && bias.size() == outs);
  choose_instruction_set();
  assert(outs % channel_multiple() == 0);
  block_ = direct_block(outs);
  bf16_ = products == ProductPrecision::kBfloat16 && depth % channel_multiple() == 0 && has_bf16_products();
  const std::size_t row = taps * depth;
  float* packed = packed_.reserve(bf16_ ? weights.size() / 2 : weights.size());
  for (std::size_t o = 0; o < outs; ++o) {
    const std::size_t first = o / block_ * row * block_;
    for (std::size_t k = 0; k < row; ++k) {
      const float weight = weights[o * row + k];
      if (bf16_) {
        store_weight(reinterpret_cast<std::uint16_t*>(packed) + first, k, block_, o % block_, weight);
      } else {
        store_weight(packed + first, k, block_, o % block_, weight);
      }
    }
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
