// Rows of values times a weight matrix, with several taps for each row: convolutions over time or over an
// image whose channels lie innermost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "nn/kernels/aligned_buffer.h"
#include "nn/kernels/products.h"

namespace diar::nn {

/// Where the rows of a grid lie: row i starts i / inner * outer_stride + i % inner * inner_stride floats
/// after the first. A plain matrix has all its rows in one outer row.
struct RowGrid {
  std::size_t inner = 1;
  std::size_t outer_stride = 0;
  std::size_t inner_stride = 0;

  /// A matrix of any number of rows.
  static constexpr RowGrid matrix(std::size_t stride) { return {1, stride, 0}; }
  std::size_t at(std::size_t row) const { return row / inner * outer_stride + row % inner * inner_stride; }
};

/// Weights in the order in which the kernel reads them.
class TapMatrix {
 public:
  TapMatrix() = default;
  /// weights [outs, taps, depth], bias [outs]; outs is a multiple of `channel_multiple()`. A depth that is no
  /// such multiple is multiplied in float32 whatever `products` says.
  TapMatrix(std::span<const float> weights, std::size_t outs, std::size_t taps, std::size_t depth,
            std::span<const float> bias, ProductPrecision products = ProductPrecision::kFloat32);

  std::size_t outs() const noexcept { return outs_; }
  std::size_t taps() const noexcept { return taps_; }
  std::size_t depth() const noexcept { return depth_; }
  /// Out-channels of one packed block.
  std::size_t block() const noexcept { return block_; }
  bool uses_bf16() const noexcept { return bf16_; }
  /// Floats, unless `uses_bf16`: then [outs / block, taps, depth / 2, block, 2], pairs of inputs side by side.
  const float* packed() const noexcept { return packed_.data(); }
  const std::uint16_t* packed_bf16() const noexcept {
    return reinterpret_cast<const std::uint16_t*>(packed_.data());
  }
  const float* bias() const noexcept { return bias_.data(); }

 private:
  std::size_t outs_ = 0;
  std::size_t taps_ = 0;
  std::size_t depth_ = 0;
  std::size_t block_ = 0;
  bool bf16_ = false;
  AlignedBuffer packed_;  // [outs / block, taps, depth, block]
  AlignedBuffer bias_;    // [outs]
};

/// What follows the sum: relu?(sum + bias) * factors?[row / rows_per_factor][out].
struct TapEpilogue {
  bool relu = false;
  const float* factors = nullptr;  ///< [ceil(num_rows / rows_per_factor), outs]
  std::size_t rows_per_factor = 1;
};

/// Where the inputs lie: value d of tap k of row i is first[rows.at(i) + k * tap_stride + d]. Rows may
/// overlap.
struct TapInput {
  const float* first = nullptr;
  RowGrid rows;
  std::size_t tap_stride = 0;
};

/// out[rows.at(i) + o] = epilogue(sum over taps k and depth d of in(i, k, d) * weights[o, k, d]) for i below
/// num_rows. Float sums in order of (k, d), one fused multiply-add each (in bfloat16 one for each pair of d), so
/// a row's result does not depend on its neighbours. Output rows are aligned to a vector; no aliasing.
void tap_gemm(const TapMatrix& matrix, const TapInput& in, std::size_t num_rows, const TapEpilogue& epilogue,
              float* out, const RowGrid& out_rows);
/// The same with plain loops in double: the reference of the tests. weights [outs, taps, depth].
void tap_gemm_reference(std::span<const float> weights, std::span<const float> bias, std::size_t taps,
                        std::size_t depth, const TapInput& in, std::size_t num_rows,
                        const TapEpilogue& epilogue, float* out, const RowGrid& out_rows);

/// out[t, c] = relu(in[t, c] * scale[c] + shift[c]) for t below num_rows: rows of `channels` values (a
/// multiple of `channel_multiple()`) `in_stride` and `out_stride` floats apart, aligned to a vector; no
/// aliasing.
void affine_relu(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                 const float* scale, const float* shift, float* out, std::size_t out_stride);
void affine_relu_reference(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                           const float* scale, const float* shift, float* out, std::size_t out_stride);

/// sums[c] = in[0, c] + ... + in[num_rows - 1, c], added in float from the first row to the last; `channels`
/// and alignment as above.
void column_sums(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                 float* sums);
void column_sums_reference(const float* in, std::size_t in_stride, std::size_t num_rows, std::size_t channels,
                           float* sums);

}  // namespace diar::nn
