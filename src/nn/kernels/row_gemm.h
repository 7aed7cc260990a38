// A weight matrix times a few columns, with rows of the matrix in the vector lanes.
//
// `lane_gemm` has windows in the lanes and wastes those that no window fills. Here one window fills them all:
// a value is one float, a layer with C channels over T frames is [T, C]. Every result is the same chain of
// fused multiply-adds in both kernels, so that they agree to the bit.
#pragma once

#include <cstddef>

#include "nn/kernels/aligned_buffer.h"
#include "nn/kernels/lane_gemm.h"

namespace diar::nn {

/// Rows of a matrix that the kernel takes at a time: two vectors.
std::size_t row_panel_rows();

/// A [rows, depth] matrix in the order in which `row_gemm` reads it.
class RowMatrix {
 public:
  RowMatrix() = default;
  /// Copies the weights and the bias of `matrix` into another order.
  explicit RowMatrix(const PackedMatrix& matrix);

  std::size_t rows() const noexcept { return rows_; }
  std::size_t depth() const noexcept { return depth_; }
  const float* panels() const noexcept { return panels_.data(); }
  const float* bias() const noexcept { return bias_.data(); }

 private:
  std::size_t rows_ = 0;
  std::size_t depth_ = 0;
  AlignedBuffer panels_;  // [ceil(rows / p), depth, p] with p = row_panel_rows(), zeros after the last row
  AlignedBuffer bias_;    // [ceil(rows / p) * p]
};

/// `count` columns: column s is read at in + s * in_step and written at out + s * out_step. No aliasing.
struct RowColumns {
  const float* in;      ///< `depth` floats for each column; columns may overlap
  std::size_t in_step;  ///< in floats
  float* out;           ///< `rows` floats for each column
  std::size_t out_step;
  std::size_t count;
};

/// out[s, r] = start + sum_k matrix[r, k] * in[s, k]. Float sums in order of k, one fused multiply-add each
/// (two roundings where the instruction set has none), as in `lane_gemm`. Any size, any alignment.
void row_gemm(const RowMatrix& matrix, const RowColumns& columns, GemmStart start);

}  // namespace diar::nn
