#include "nn/kernels/lane_gemm.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>

#include "core/instruction_set.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/lane_gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// A kernel has two vectors of columns: both of one step where a step has two, else those of two steps, so
// that one weight in a register serves two multiply-adds. Twice twelve sums need 32 registers, twice six 16.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
constexpr std::size_t kVectorsOfStep = 1;
constexpr std::size_t kRows = 12;
#elif HWY_TARGET == HWY_NEON
constexpr std::size_t kVectorsOfStep = 2;
constexpr std::size_t kRows = 12;
#else
constexpr std::size_t kVectorsOfStep = 2;
constexpr std::size_t kRows = 6;
#endif

std::size_t LaneWidth() {
  return kVectorsOfStep * hn::Lanes(D());
}

std::size_t VectorBytes() {
  return hn::Lanes(D()) * sizeof(float);
}

std::size_t LanePanelRows() {
  return kRows;
}

// One panel of kRows rows; the second vector lies `in_second` and `out_second` floats after the first. Only
// `rows` rows are written.
HWY_INLINE void Panel(const float* HWY_RESTRICT panel, std::size_t depth, const float* HWY_RESTRICT in,
                      std::size_t in_second, const float* HWY_RESTRICT bias, bool from_output, float* out,
                      std::size_t out_second, std::size_t rows) {
  const D d;
  const std::size_t row = LaneWidth();
  V sums[kRows][2];
#pragma GCC unroll 12
  for (std::size_t r = 0; r < kRows; ++r) {
    // Rows past the last one must not be read.
    const float* place = out + (r < rows ? r : 0) * row;
    sums[r][0] = from_output ? hn::Load(d, place) : hn::Set(d, bias[r]);
    sums[r][1] = from_output ? hn::Load(d, place + out_second) : hn::Set(d, bias[r]);
  }
  for (std::size_t k = 0; k < depth; ++k, panel += kRows, in += row) {
    const V x = hn::Load(d, in);
    const V y = hn::Load(d, in + in_second);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; ++r) {
      const V weight = hn::Set(d, panel[r]);
      sums[r][0] = hn::MulAdd(weight, x, sums[r][0]);
      sums[r][1] = hn::MulAdd(weight, y, sums[r][1]);
    }
  }
#pragma GCC unroll 12
  for (std::size_t r = 0; r < kRows; ++r) {
    if (r >= rows) break;
    hn::Store(sums[r][0], d, out + r * row);
    hn::Store(sums[r][1], d, out + r * row + out_second);
  }
}

// Two panels of one step of one vector: the same number of sums.
HWY_INLINE void TwoPanels(const float* HWY_RESTRICT panel, std::size_t depth, const float* HWY_RESTRICT in,
                          const float* HWY_RESTRICT bias, bool from_output, float* out, std::size_t rows) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const float* second = panel + depth * kRows;
  V sums[2 * kRows];
#pragma GCC unroll 24
  for (std::size_t r = 0; r < 2 * kRows; ++r)
    sums[r] = from_output ? hn::Load(d, out + (r < rows ? r : 0) * n) : hn::Set(d, bias[r]);
  for (std::size_t k = 0; k < depth; ++k, panel += kRows, second += kRows, in += n) {
    const V x = hn::Load(d, in);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; ++r) {
      sums[r] = hn::MulAdd(hn::Set(d, panel[r]), x, sums[r]);
      sums[kRows + r] = hn::MulAdd(hn::Set(d, second[r]), x, sums[kRows + r]);
    }
  }
#pragma GCC unroll 24
  for (std::size_t r = 0; r < 2 * kRows; ++r) {
    if (r >= rows) break;
    hn::Store(sums[r], d, out + r * n);
  }
}

void LaneGemm(const PackedMatrix& matrix, const float* in, std::size_t in_step, std::size_t num_steps,
              GemmStart start, float* out) {
  const std::size_t row = LaneWidth();
  const std::size_t n = hn::Lanes(D());
  const std::size_t depth = matrix.depth();
  const bool from_output = start == GemmStart::kOutput;
  // Weights stay in the first-level cache while all steps pass by.
  const std::size_t pairs = kVectorsOfStep == 2 ? num_steps : num_steps / 2 * 2;
  for (std::size_t r = 0; r < matrix.rows(); r += kRows) {
    const std::size_t rows = HWY_MIN(kRows, matrix.rows() - r);
    for (std::size_t s = 0; s < pairs; s += 3 - kVectorsOfStep) {
      float* place = out + (s * matrix.rows() + r) * row;
      Panel(matrix.panels() + r * depth, depth, in + s * in_step * row,
            kVectorsOfStep == 2 ? n : in_step * row, matrix.bias() + r, from_output, place,
            kVectorsOfStep == 2 ? n : matrix.rows() * row, rows);
    }
  }
  if (pairs == num_steps) return;
  const float* last = in + pairs * in_step * row;
  for (std::size_t r = 0; r < matrix.rows(); r += 2 * kRows) {
    TwoPanels(matrix.panels() + r * depth, depth, last, matrix.bias() + r, from_output,
              out + (pairs * matrix.rows() + r) * row, HWY_MIN(2 * kRows, matrix.rows() - r));
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(LaneWidth);
HWY_EXPORT(LanePanelRows);
HWY_EXPORT(LaneGemm);
HWY_EXPORT(VectorBytes);

namespace {

// Whether the kernel may load whole vectors from here.
[[maybe_unused]] bool aligned(const float* place) {
  return reinterpret_cast<std::uintptr_t>(place) % HWY_DYNAMIC_DISPATCH(VectorBytes)() == 0;
}

}  // namespace

std::size_t lane_width() {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(LaneWidth)();
}

std::size_t lane_panel_rows() {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(LanePanelRows)();
}

PackedMatrix::PackedMatrix(std::span<const float> matrix, std::size_t rows, std::size_t depth,
                           std::span<const float> bias)
    : rows_(rows), depth_(depth) {
  assert(matrix.size() == rows * depth && (bias.empty() || bias.size() == rows));
  const std::size_t panel = lane_panel_rows();
  // An even number of panels: the kernel may take two at a time.
  const std::size_t padded = (rows + 2 * panel - 1) / (2 * panel) * 2 * panel;
  float* panels = panels_.reserve(padded * depth);
  float* padded_bias = bias_.reserve(padded);
  for (std::size_t r = 0; r < padded; ++r) {
    padded_bias[r] = r < rows && !bias.empty() ? bias[r] : 0.0f;
    for (std::size_t k = 0; k < depth; ++k)
      panels[(r / panel * depth + k) * panel + r % panel] = r < rows ? matrix[r * depth + k] : 0.0f;
  }
}

void lane_gemm(const PackedMatrix& matrix, const float* in, std::size_t in_step, std::size_t num_steps,
               GemmStart start, float* out) {
  choose_instruction_set();
  assert(aligned(in) && aligned(out));
  HWY_DYNAMIC_DISPATCH(LaneGemm)(matrix, in, in_step, num_steps, start, out);
}

void lane_gemm_reference(const DenseMatrix& matrix, const LaneColumns& columns, GemmStart start, float* out) {
  const auto& [weights, bias, rows, depth] = matrix;
  const auto& [in, in_step, num_steps, lanes] = columns;
  for (std::size_t s = 0; s < num_steps; ++s) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t l = 0; l < lanes; ++l) {
        float& place = out[(s * rows + r) * lanes + l];
        double sum = start == GemmStart::kOutput ? place : bias.empty() ? 0.0 : bias[r];
        for (std::size_t k = 0; k < depth; ++k) {
          sum += static_cast<double>(weights[r * depth + k]) * in[(s * in_step + k) * lanes + l];
        }
        place = static_cast<float>(sum);
      }
    }
  }
}

}  // namespace diar::nn
#endif
