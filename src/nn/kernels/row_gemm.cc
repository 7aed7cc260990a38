#include "nn/kernels/row_gemm.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/instruction_set.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/row_gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Columns of a tile. Twice as many vectors of sums, two of weights and one of inputs lie in registers; with
// more columns the places from which they are read would not fit in registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr std::size_t kMostColumns = 8;
constexpr std::size_t kMostSums = 20;
#else
constexpr std::size_t kMostColumns = 6;
constexpr std::size_t kMostSums = 8;
#endif

std::size_t RowPanelRows() {
  return 2 * hn::Lanes(D());
}

// Panels of a tile, so that it has at least eight sums, which hide the latency of a multiply-add.
constexpr std::size_t PanelsOfTile(std::size_t columns) {
  return columns == 1 ? 4 : 4 * columns <= kMostSums ? 2 : 1;
}

// Keeps a value in a register: GCC would rather load it again for each of two or three uses, at half the
// speed.
HWY_INLINE void KeepInRegister([[maybe_unused]] V& value) {
#if HWY_ARCH_X86 && HWY_COMPILER_GCC_ACTUAL
  asm("" : "+v"(value.raw));
#endif
}

// kPanels panels times kColumns columns. The last panel may have fewer rows; `rows` are written.
template <std::size_t kPanels, std::size_t kColumns>
HWY_INLINE void Tile(const float* HWY_RESTRICT panels, const float* HWY_RESTRICT bias, std::size_t depth,
                     std::size_t rows, const RowColumns& columns, bool from_output) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  const std::size_t whole = kPanels * 2 * n;
  HWY_ALIGN float few[kColumns][kPanels * 2 * HWY_MAX_BYTES / sizeof(float)];
  float* out = columns.out;
  std::size_t out_step = columns.out_step;
  if (rows < whole) {
    out = few[0];
    out_step = sizeof few[0] / sizeof(float);
    if (from_output) {
      for (std::size_t s = 0; s < kColumns; ++s)
        std::memcpy(few[s], columns.out + s * columns.out_step, rows * sizeof(float));
    }
  }
  V sums[kPanels * 2][kColumns];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < kPanels * 2; ++v) {
#pragma GCC unroll 12
    for (std::size_t s = 0; s < kColumns; ++s)
      sums[v][s] = from_output ? hn::LoadU(d, out + s * out_step + v * n) : hn::LoadU(d, bias + v * n);
  }
  const float* HWY_RESTRICT in = columns.in;
  const std::size_t panel_size = depth * 2 * n;
  for (std::size_t k = 0; k < depth; ++k, panels += 2 * n) {
    V weights[kPanels * 2];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kPanels * 2; ++v) {
      weights[v] = hn::Load(d, panels + v / 2 * panel_size + v % 2 * n);
      if constexpr (kColumns > 1) KeepInRegister(weights[v]);
    }
#pragma GCC unroll 12
    for (std::size_t s = 0; s < kColumns; ++s) {
      const V x = hn::Set(d, in[s * columns.in_step + k]);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < kPanels * 2; ++v) sums[v][s] = hn::MulAdd(weights[v], x, sums[v][s]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t v = 0; v < kPanels * 2; ++v) {
#pragma GCC unroll 12
    for (std::size_t s = 0; s < kColumns; ++s) hn::StoreU(sums[v][s], d, out + s * out_step + v * n);
  }
  if (rows < whole) {
    for (std::size_t s = 0; s < kColumns; ++s)
      std::memcpy(columns.out + s * columns.out_step, few[s], rows * sizeof(float));
  }
}

// The rows from `row` on, kPanels panels at a time, then fewer. A panel stays in the first-level cache while
// `columns` pass by, kColumns of them at a time: a multiple of that.
template <std::size_t kPanels, std::size_t kColumns>
void Panels(const RowMatrix& matrix, std::size_t row, const RowColumns& columns, bool from_output) {
  const std::size_t panel_rows = RowPanelRows();
  const std::size_t num_panels = (matrix.rows() + panel_rows - 1) / panel_rows;
  for (; row / panel_rows + kPanels <= num_panels; row += kPanels * panel_rows) {
    const std::size_t rows = HWY_MIN(kPanels * panel_rows, matrix.rows() - row);
    for (std::size_t s = 0; s < columns.count; s += kColumns) {
      const RowColumns tile = {columns.in + s * columns.in_step, columns.in_step,
                               columns.out + s * columns.out_step + row, columns.out_step, kColumns};
      Tile<kPanels, kColumns>(matrix.panels() + row * matrix.depth(), matrix.bias() + row, matrix.depth(),
                              rows, tile, from_output);
    }
  }
  if constexpr (kPanels > 1) Panels<kPanels / 2, kColumns>(matrix, row, columns, from_output);
}

// At most kColumns columns.
template <std::size_t kColumns>
void FewColumns(const RowMatrix& matrix, const RowColumns& columns, bool from_output) {
  if (columns.count == kColumns) {
    Panels<PanelsOfTile(kColumns), kColumns>(matrix, 0, columns, from_output);
  } else if constexpr (kColumns > 1) {
    FewColumns<kColumns - 1>(matrix, columns, from_output);
  }
}

void RowGemm(const RowMatrix& matrix, const RowColumns& columns, GemmStart start) {
  const bool from_output = start == GemmStart::kOutput;
  RowColumns now = columns;
  const auto next = [&](std::size_t count) {
    now.in += now.count * columns.in_step;
    now.out += now.count * columns.out_step;
    now.count = count;
  };
  now.count = columns.count / kMostColumns * kMostColumns;
  std::size_t rest = columns.count - now.count;
  // One column after many would read all weights again for itself: rather two tiles of the same size.
  if (rest > 0 && now.count > 0) {
    now.count -= kMostColumns;
    rest += kMostColumns;
  }
  if (now.count > 0) Panels<1, kMostColumns>(matrix, 0, now, from_output);
  if (rest > kMostColumns) {
    next(rest - rest / 2);
    FewColumns<kMostColumns>(matrix, now, from_output);
    rest /= 2;
  }
  next(rest);
  if (rest > 0) FewColumns<kMostColumns>(matrix, now, from_output);
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(RowPanelRows);
HWY_EXPORT(RowGemm);

std::size_t row_panel_rows() {
  choose_instruction_set();
  return HWY_DYNAMIC_DISPATCH(RowPanelRows)();
}

RowMatrix::RowMatrix(const PackedMatrix& matrix) : rows_(matrix.rows()), depth_(matrix.depth()) {
  const std::size_t panel = row_panel_rows();
  const std::size_t from = lane_panel_rows();
  const std::size_t padded = (rows_ + panel - 1) / panel * panel;
  float* panels = panels_.reserve(padded * depth_);
  float* bias = bias_.reserve(padded);
  for (std::size_t r = 0; r < padded; ++r) {
    bias[r] = r < rows_ ? matrix.bias()[r] : 0.0f;
    const float* row = matrix.panels() + r / from * from * depth_ + r % from;
    for (std::size_t k = 0; k < depth_; ++k)
      panels[(r / panel * depth_ + k) * panel + r % panel] = r < rows_ ? row[k * from] : 0.0f;
  }
}

void row_gemm(const RowMatrix& matrix, const RowColumns& columns, GemmStart start) {
  assert(columns.count <= 1 || columns.out_step >= matrix.rows());
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(RowGemm)(matrix, columns, start);
}

}  // namespace diar::nn
#endif
