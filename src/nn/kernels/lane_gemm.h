// A weight matrix times many columns, with several windows side by side in the vector lanes.
//
// "Lane layout": a value of the network is not one float but a row of L = lane_width() floats, one for each
// of L windows. A layer with C channels over T frames is [T, C, L]. Everything of the segmentation network
// but its matrix products is then the same operation in every lane, and a strided convolution is a matrix
// product on overlapping rows of its input.
#pragma once

#include <cstddef>
#include <span>

#include "nn/kernels/aligned_buffer.h"

namespace diar::nn {

/// Windows that are computed side by side: 16 with AVX-512 (one vector) and AVX2 (two), 8 with NEON or SSE.
std::size_t lane_width();
/// Rows of a weight matrix that the kernel takes at a time: as many sums as the registers hold.
std::size_t lane_panel_rows();

/// A [rows, depth] matrix in the order in which the kernel reads it.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// `matrix` is dense row-major [rows, depth]; `bias` [rows] or empty for zeros.
  PackedMatrix(std::span<const float> matrix, std::size_t rows, std::size_t depth,
               std::span<const float> bias);

  std::size_t rows() const noexcept { return rows_; }
  std::size_t depth() const noexcept { return depth_; }
  const float* panels() const noexcept { return panels_.data(); }
  const float* bias() const noexcept { return bias_.data(); }

 private:
  std::size_t rows_ = 0;
  std::size_t depth_ = 0;
  AlignedBuffer panels_;  // [ceil(rows / p), depth, p] with p = lane_panel_rows()
  AlignedBuffer bias_;    // [ceil(rows / p) * p]
};

/// What the result is added to.
enum class GemmStart { kBias, kOutput };

/// out[s, r, l] = start + sum_d matrix[r, d] * in[s * in_step + d, l] for s in [0, num_steps).
///   in: rows of L floats, at least (num_steps - 1) * in_step + depth of them; out [num_steps, rows, L].
/// Both aligned to a vector; no aliasing. Float sums in order of d, one fused multiply-add each.
void lane_gemm(const PackedMatrix& matrix, const float* in, std::size_t in_step, std::size_t num_steps,
               GemmStart start, float* out);

/// A [rows, depth] matrix, row-major; `bias` [rows] or empty for zeros.
struct DenseMatrix {
  std::span<const float> weights;
  std::span<const float> bias;
  std::size_t rows;
  std::size_t depth;
};
/// `num_steps` columns of `lanes` lanes, as above.
struct LaneColumns {
  const float* in;
  std::size_t in_step;
  std::size_t num_steps;
  std::size_t lanes;
};
/// The same with plain loops, summed in double: the reference of the tests.
void lane_gemm_reference(const DenseMatrix& matrix, const LaneColumns& columns, GemmStart start, float* out);

}  // namespace diar::nn
