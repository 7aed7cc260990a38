// The tap product and its companions beside their naive twins, at sizes around groups and vectors.
#include "nn/kernels/tap_gemm.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "bf16_products.h"
#include "core/instruction_set.h"
#include "nn/kernels/conv2d.h"
#include "nn/random_values.h"

namespace diar::nn {
namespace {

// Vectors of out-channels, taps, depth, rows.
using Sizes = std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>;
class TapGemmTest : public ::testing::TestWithParam<Sizes> {};

void expect_reference(const Sizes& sizes, ProductPrecision products) {
  const auto [vectors, taps, depth, rows] = sizes;
  const std::size_t outs = vectors * channel_multiple();
  const auto weights = random_values(outs * taps * depth, 1);
  const auto bias = random_values(outs, 2);
  // Rows that overlap, as those of a convolution do, at an offset that no vector divides.
  constexpr std::size_t kStep = 3;
  const std::size_t tap_stride = 2 * kStep;
  const auto values = random_values(1 + rows * kStep + taps * tap_stride + depth, 3);
  const TapInput in{values.data() + 1, RowGrid::matrix(kStep), tap_stride};
  constexpr std::size_t kRowsOfFactor = 4;
  AlignedBuffer factors, out;
  filled(factors, (rows / kRowsOfFactor + 1) * outs, 4);
  const TapMatrix matrix(weights, outs, taps, depth, bias, products);
  const bool bf16 =
      products == ProductPrecision::kBfloat16 && depth % channel_multiple() == 0 && has_bf16_products();
  ASSERT_EQ(matrix.uses_bf16(), bf16);
  // With the rounding that the kernel does, if it does: unrounded values are a thousand times as far away.
  const auto its_weights = bf16 ? rounded_to_bfloat(weights) : weights;
  const auto its_values = bf16 ? rounded_to_bfloat(values) : values;
  TapInput its_in = in;
  its_in.first = its_values.data() + 1;
  for (const TapEpilogue& epilogue :
       {TapEpilogue{}, TapEpilogue{.relu = true},
        TapEpilogue{.factors = factors.data(), .rows_per_factor = kRowsOfFactor}}) {
    // Wider rows than the result: what lies between them stays.
    const std::size_t stride = outs + channel_multiple();
    filled(out, rows * stride, 5);
    std::vector<float> expected(out.data(), out.data() + rows * stride);
    tap_gemm(matrix, in, rows, epilogue, out.data(), RowGrid::matrix(stride));
    tap_gemm_reference(its_weights, bias, taps, depth, its_in, rows, epilogue, expected.data(),
                       RowGrid::matrix(stride));
    // Products of up to taps * depth terms below 1: float rounding grows with their sum.
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(out.data()[i], expected[i], 1e-6 * static_cast<double>(taps * depth + 4)) << i;
  }
}

TEST_P(TapGemmTest, EqualsReference) {
  expect_reference(GetParam(), ProductPrecision::kFloat32);
}

INSTANTIATE_TEST_SUITE_P(AroundGroups, TapGemmTest,
                         ::testing::Combine(::testing::Values(1, 2, 3, 4, 6, 8), ::testing::Values(1, 3),
                                            ::testing::Values(1, 2, 31, 320),
                                            ::testing::Values(1, 5, 6, 7, 49)));

class Bf16TapGemmTest : public ::testing::TestWithParam<Sizes> {};

TEST_P(Bf16TapGemmTest, EqualsItsRoundingInPlainLoops) {
  expect_reference(GetParam(), ProductPrecision::kBfloat16);
}

// 31 inputs have no whole vectors; 144 and 320 are more than one part.
INSTANTIATE_TEST_SUITE_P(AroundGroups, Bf16TapGemmTest,
                         ::testing::Combine(::testing::Values(1, 2, 3, 4, 8), ::testing::Values(1, 3),
                                            ::testing::Values(16, 31, 32, 144, 320),
                                            ::testing::Values(1, 5, 6, 7, 49)));

// Pixels of an image with a border: every second column in, all columns out.
TEST(TapGemm, WalksGrids) {
  constexpr std::size_t kRows = 5, kColumns = 7, kDepth = 9;
  const std::size_t outs = 2 * channel_multiple();
  const auto weights = random_values(outs * kDepth, 1);
  const auto bias = random_values(outs, 2);
  const auto values = random_values(kRows * 200 + kColumns * 24 + kDepth, 3);
  const TapInput in{values.data(), {kColumns, 200, 24}, 0};
  const RowGrid out_rows{kColumns, (kColumns + 2) * outs, outs};
  const std::size_t size = kRows * out_rows.outer_stride;
  AlignedBuffer out;
  filled(out, size, 4);
  std::vector<float> expected(out.data(), out.data() + size);
  tap_gemm(TapMatrix(weights, outs, 1, kDepth, bias), in, kRows * kColumns, {}, out.data(), out_rows);
  tap_gemm_reference(weights, bias, 1, kDepth, in, kRows * kColumns, {}, expected.data(), out_rows);
  for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(out.data()[i], expected[i], 1e-5) << i;
}

TEST(TapGemm, ARowDoesNotDependOnItsNeighbours) {
  constexpr std::size_t kDepth = 160, kRows = 53;
  const std::size_t outs = 4 * channel_multiple();
  for (const auto products : {ProductPrecision::kFloat32, ProductPrecision::kBfloat16}) {
    const TapMatrix matrix(random_values(outs * kDepth, 1), outs, 1, kDepth, random_values(outs, 2),
                           products);
    const auto values = random_values(kRows * kDepth, 3);
    AlignedBuffer all(kRows * outs), alone(outs);
    tap_gemm(matrix, {values.data(), RowGrid::matrix(kDepth)}, kRows, {}, all.data(), RowGrid::matrix(outs));
    for (std::size_t row = 0; row < kRows; ++row) {
      tap_gemm(matrix, {values.data() + row * kDepth, RowGrid::matrix(kDepth)}, 1, {}, alone.data(),
               RowGrid::matrix(outs));
      for (std::size_t o = 0; o < outs; ++o) ASSERT_EQ(alone.data()[o], all.data()[row * outs + o]) << row;
    }
  }
}

TEST(AffineRelu, EqualsReference) {
  for (const std::size_t rows : {1, 2, 7}) {
    const std::size_t channels = 3 * channel_multiple(), stride = 5 * channel_multiple();
    AlignedBuffer in, scale, shift, out;
    filled(in, rows * stride, 1);
    filled(scale, channels, 2);
    filled(shift, channels, 3);
    filled(out, rows * stride, 4);
    std::vector<float> expected(out.data(), out.data() + rows * stride);
    affine_relu(in.data(), stride, rows, channels, scale.data(), shift.data(), out.data(), stride);
    affine_relu_reference(in.data(), stride, rows, channels, scale.data(), shift.data(), expected.data(),
                          stride);
    // One rounding instead of two.
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(out.data()[i], expected[i], 2e-7) << i;
  }
}

TEST(ColumnSums, EqualReference) {
  const std::size_t channels = 3 * channel_multiple(), stride = 4 * channel_multiple();
  for (const std::size_t rows : {1, 2, 100}) {
    AlignedBuffer in, sums(channels);
    filled(in, rows * stride, 1);
    std::vector<float> expected(channels);
    column_sums(in.data(), stride, rows, channels, sums.data());
    column_sums_reference(in.data(), stride, rows, channels, expected.data());
    // The same additions in the same order.
    for (std::size_t c = 0; c < channels; ++c) ASSERT_EQ(sums.data()[c], expected[c]) << c;
  }
}

}  // namespace
}  // namespace diar::nn
