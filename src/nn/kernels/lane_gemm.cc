#include "nn/kernels/lane_gemm.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "nn/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/lane_gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

std::size_t LaneWidth() {
  return 2 * hn::Lanes(D());
}

// Six rows times two vectors of lanes: twelve sums, two inputs and one weight fit in sixteen registers.
HWY_INLINE void Panel(const float* HWY_RESTRICT panel, std::size_t depth, const float* HWY_RESTRICT in,
                      const float* HWY_RESTRICT bias, bool from_output, float* HWY_RESTRICT out,
                      std::size_t rows) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const std::size_t row = 2 * n;
  V a0, a1, b0, b1, c0, c1, e0, e1, f0, f1, g0, g1;
  if (from_output && rows == 6) {
    a0 = hn::Load(d, out), a1 = hn::Load(d, out + n);
    b0 = hn::Load(d, out + row), b1 = hn::Load(d, out + row + n);
    c0 = hn::Load(d, out + 2 * row), c1 = hn::Load(d, out + 2 * row + n);
    e0 = hn::Load(d, out + 3 * row), e1 = hn::Load(d, out + 3 * row + n);
    f0 = hn::Load(d, out + 4 * row), f1 = hn::Load(d, out + 4 * row + n);
    g0 = hn::Load(d, out + 5 * row), g1 = hn::Load(d, out + 5 * row + n);
  } else {
    a0 = a1 = hn::Set(d, bias[0]);
    b0 = b1 = hn::Set(d, bias[1]);
    c0 = c1 = hn::Set(d, bias[2]);
    e0 = e1 = hn::Set(d, bias[3]);
    f0 = f1 = hn::Set(d, bias[4]);
    g0 = g1 = hn::Set(d, bias[5]);
  }
  for (std::size_t k = 0; k < depth; ++k) {
    const V x0 = hn::Load(d, in + k * row);
    const V x1 = hn::Load(d, in + k * row + n);
    const float* w = panel + 6 * k;
    V weight = hn::Set(d, w[0]);
    a0 = hn::MulAdd(weight, x0, a0), a1 = hn::MulAdd(weight, x1, a1);
    weight = hn::Set(d, w[1]);
    b0 = hn::MulAdd(weight, x0, b0), b1 = hn::MulAdd(weight, x1, b1);
    weight = hn::Set(d, w[2]);
    c0 = hn::MulAdd(weight, x0, c0), c1 = hn::MulAdd(weight, x1, c1);
    weight = hn::Set(d, w[3]);
    e0 = hn::MulAdd(weight, x0, e0), e1 = hn::MulAdd(weight, x1, e1);
    weight = hn::Set(d, w[4]);
    f0 = hn::MulAdd(weight, x0, f0), f1 = hn::MulAdd(weight, x1, f1);
    weight = hn::Set(d, w[5]);
    g0 = hn::MulAdd(weight, x0, g0), g1 = hn::MulAdd(weight, x1, g1);
  }
  const V sums[6][2] = {{a0, a1}, {b0, b1}, {c0, c1}, {e0, e1}, {f0, f1}, {g0, g1}};
  const bool add = from_output && rows != 6;  // the last, partial panel could not load its start
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t half = 0; half < 2; ++half) {
      float* place = out + r * row + half * n;
      const V start = add ? hn::Sub(hn::Load(d, place), hn::Set(d, bias[r])) : hn::Zero(d);
      hn::Store(add ? hn::Add(sums[r][half], start) : sums[r][half], d, place);
    }
  }
}

void LaneGemm(const PackedMatrix& matrix, const float* in, std::size_t in_step, std::size_t num_steps,
              GemmStart start, float* out) {
  const std::size_t row = LaneWidth();
  const std::size_t depth = matrix.depth();
  // A panel stays in the first-level cache while all steps pass by.
  for (std::size_t r = 0; r < matrix.rows(); r += PackedMatrix::kPanelRows) {
    const std::size_t rows = HWY_MIN(PackedMatrix::kPanelRows, matrix.rows() - r);
    for (std::size_t s = 0; s < num_steps; ++s) {
      Panel(matrix.panels() + r * depth, depth, in + s * in_step * row, matrix.bias() + r,
            start == GemmStart::kOutput, out + (s * matrix.rows() + r) * row, rows);
    }
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(LaneWidth);
HWY_EXPORT(LaneGemm);

std::size_t lane_width() {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(LaneWidth)();
}

PackedMatrix::PackedMatrix(std::span<const float> matrix, std::size_t rows, std::size_t depth,
                           std::span<const float> bias)
    : rows_(rows), depth_(depth) {
  assert(matrix.size() == rows * depth && (bias.empty() || bias.size() == rows));
  const std::size_t num_panels = (rows + kPanelRows - 1) / kPanelRows;
  float* panels = panels_.reserve(num_panels * depth * kPanelRows);
  float* padded_bias = bias_.reserve(num_panels * kPanelRows);
  for (std::size_t r = 0; r < num_panels * kPanelRows; ++r) {
    padded_bias[r] = r < rows && !bias.empty() ? bias[r] : 0.0f;
    for (std::size_t k = 0; k < depth; ++k) {
      panels[(r / kPanelRows * depth + k) * kPanelRows + r % kPanelRows] =
          r < rows ? matrix[r * depth + k] : 0.0f;
    }
  }
}

void lane_gemm(const PackedMatrix& matrix, const float* in, std::size_t in_step, std::size_t num_steps,
               GemmStart start, float* out) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(LaneGemm)(matrix, in, in_step, num_steps, start, out);
}

void lane_gemm_reference(std::span<const float> matrix, std::span<const float> bias, std::size_t rows,
                         std::size_t depth, const float* in, std::size_t in_step, std::size_t num_steps,
                         std::size_t lanes, GemmStart start, float* out) {
  for (std::size_t s = 0; s < num_steps; ++s) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t l = 0; l < lanes; ++l) {
        float& place = out[(s * rows + r) * lanes + l];
        double sum = start == GemmStart::kOutput ? place : bias.empty() ? 0.0 : bias[r];
        for (std::size_t k = 0; k < depth; ++k) {
          sum += static_cast<double>(matrix[r * depth + k]) * in[(s * in_step + k) * lanes + l];
        }
        place = static_cast<float>(sum);
      }
    }
  }
}

}  // namespace diar::nn
#endif
