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

/// Windows that are computed side by side (two vectors): 16 with AVX2, 8 with NEON or SSE, 32 with AVX-512.
std::size_t lane_width();

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

  static constexpr std::size_t kPanelRows = 6;

 private:
  std::size_t rows_ = 0;
  std::size_t depth_ = 0;
  AlignedBuffer panels_;  // [ceil(rows / 6), depth, 6]
  AlignedBuffer bias_;    // [ceil(rows / 6) * 6]
};

/// What the result is added to.
enum class GemmStart { kBias, kOutput };

/// out[s, r, l] = start + sum_d matrix[r, d] * in[s * in_step + d, l] for s in [0, num_steps).
///   in: rows of L floats, at least (num_steps - 1) * in_step + depth of them; out [num_steps, rows, L].
/// Both aligned to a vector; no aliasing. Float sums in order of d, one fused multiply-add each.
void lane_gemm(const PackedMatrix& matrix, const float* in, std::size_t in_step, std::size_t num_steps,
               GemmStart start, float* out);
/// The same with plain loops: the reference of the tests.
void lane_gemm_reference(std::span<const float> matrix, std::span<const float> bias, std::size_t rows,
                         std::size_t depth, const float* in, std::size_t in_step, std::size_t num_steps,
                         std::size_t lanes, GemmStart start, float* out);

}  // namespace diar::nn
