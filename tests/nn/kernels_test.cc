// Every fast kernel beside its naive twin, at sizes around the vector widths.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/instruction_set.h"
#include "nn/kernels/conv2d.h"
#include "nn/kernels/lane_gemm.h"
#include "nn/kernels/lane_ops.h"
#include "nn/kernels/row_gemm.h"
#include "nn/kernels/sinc_conv.h"
#include "nn/kernels/stats_pool.h"
#include "nn/random_values.h"

namespace diar::nn {
namespace {

class LaneGemmTest : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t, std::size_t>> {};

TEST_P(LaneGemmTest, EqualsReference) {
  const auto [rows, depth, steps] = GetParam();
  const std::size_t lanes = lane_width();
  constexpr std::size_t kStep = 3;
  const auto matrix = random_values(rows * depth, 1);
  const auto bias = random_values(rows, 2);
  AlignedBuffer in, out;
  filled(in, ((steps - 1) * kStep + depth) * lanes, 3);
  for (const GemmStart start : {GemmStart::kBias, GemmStart::kOutput}) {
    filled(out, steps * rows * lanes, 4);
    std::vector<float> expected(out.data(), out.data() + steps * rows * lanes);
    lane_gemm(PackedMatrix(matrix, rows, depth, bias), in.data(), kStep, steps, start, out.data());
    lane_gemm_reference({matrix, bias, rows, depth}, {in.data(), kStep, steps, lanes}, start,
                        expected.data());
    // Products of up to `depth` terms below 1: float rounding grows with their sum.
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(out.data()[i], expected[i], 1e-6 * static_cast<double>(depth + 4)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(AroundPanels, LaneGemmTest,
                         ::testing::Combine(::testing::Values(1, 2, 5, 6, 7, 12, 13),
                                            ::testing::Values(1, 2, 7, 60, 251), ::testing::Values(1, 2, 5)));

class SincConvTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(SincConvTest, EqualsReference) {
  const std::size_t num_frames = GetParam();
  auto low = random_values(40, 21);
  auto band = random_values(40, 22);
  for (float& hz : low) hz = 1500.0f * (hz + 1.0f);
  for (float& hz : band) hz = 400.0f * (hz + 1.0f);
  const auto filters = make_sinc_filters(low, band);
  // One sample more than the frames need, and an offset that has to be taken away.
  auto samples = random_values((num_frames - 1) * kSincStride + kSincTaps + 1, 23);
  constexpr float kOffset = 0.25f;
  for (float& x : samples) x += kOffset;
  std::vector<float> phases(kSincStride * phase_stride(samples.size()));
  split_phases(samples, kOffset, phases.data());
  for (float& x : samples) x -= kOffset;
  const std::size_t stride = (num_frames + kSincSlack + 15) / 16 * 16;
  std::vector<float> out(kSincFilters * stride), expected(kSincFilters * stride);
  sinc_conv(SincBank(filters), phases.data(), phase_stride(samples.size()), num_frames, out.data(), stride);
  sinc_conv_reference(filters, samples, num_frames, expected.data(), stride);
  for (std::size_t f = 0; f < kSincFilters; ++f) {
    // Float sums of 251 products of values up to 1.
    for (std::size_t t = 0; t < num_frames; ++t)
      ASSERT_NEAR(out[f * stride + t], expected[f * stride + t], 5e-6) << f << " " << t;
  }
}

INSTANTIATE_TEST_SUITE_P(AroundVectors, SincConvTest,
                         ::testing::Values(1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 1023, 1024, 1057));

TEST(SincPool, EqualsReferenceAroundVectors) {
  for (const std::size_t count : {1u, 2u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 33u, 64u}) {
    const auto y = random_values(3 * count + kSincSlack, 24);
    std::vector<float> out(count + kSincSlack), expected(count + kSincSlack);
    double sum = 1.0, square = 2.0, expected_sum = 1.0, expected_square = 2.0;
    affine_max_pool3({y.data(), count, -1.5f, 0.25f}, out.data(), {sum, square});
    affine_max_pool3_reference({y.data(), count, -1.5f, 0.25f}, expected.data(),
                               {expected_sum, expected_square});
    for (std::size_t p = 0; p < count; ++p) ASSERT_NEAR(out[p], expected[p], 1e-6) << count;
    EXPECT_NEAR(sum, expected_sum, 1e-4);  // float sums of up to 64 values
    EXPECT_NEAR(square, expected_square, 1e-4);
  }
}

TEST(SincPool, LanesAreTransposed) {
  for (const std::size_t lanes : {1u, 3u, 4u, 8u, 16u, 80u}) {
    for (const std::size_t count : {1u, 3u, 4u, 5u, 9u}) {
      constexpr std::size_t kInStep = 11;
      const std::size_t out_step = lanes + 2;
      const auto in = random_values(lanes * kInStep, 25);
      std::vector<float> out(count * out_step, 7.0f), expected(count * out_step, 7.0f);
      to_lanes({in.data(), kInStep, lanes, count}, out.data(), out_step);
      to_lanes_reference({in.data(), kInStep, lanes, count}, expected.data(), out_step);
      EXPECT_EQ(out, expected) << lanes << " lanes, " << count;
      EXPECT_EQ(expected[(count - 1) * out_step + lanes - 1], in[(lanes - 1) * kInStep + count - 1]);
      EXPECT_EQ(expected.back(), 7.0f);
    }
  }
}

// Rows around the vectors (4, 8, 16 floats), where tails go wrong; those of the network as well.
const std::vector<std::size_t> kRows = {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 60, 80, 128};

// A copy whose data lies one float after an aligned place, with guards that no kernel may write.
class Misaligned {
 public:
  static constexpr float kGuard = 12345.0f;
  explicit Misaligned(const std::vector<float>& values) : size_(values.size()) {
    std::fill_n(buffer_.reserve(size_ + 34), size_ + 34, kGuard);
    std::copy(values.begin(), values.end(), data());
  }
  ~Misaligned() {
    EXPECT_EQ(buffer_.data()[0], kGuard);
    for (std::size_t i = 1 + size_; i < size_ + 34; ++i) EXPECT_EQ(buffer_.data()[i], kGuard) << i;
  }
  Misaligned(const Misaligned&) = delete;
  Misaligned& operator=(const Misaligned&) = delete;
  float* data() { return buffer_.data() + 1; }
  std::vector<float> values() const { return {buffer_.data() + 1, buffer_.data() + 1 + size_}; }

 private:
  AlignedBuffer buffer_;
  std::size_t size_;
};

TEST(LaneOps, PoolingEqualsReference) {
  for (const std::size_t row : kRows) {
    for (const std::size_t num_out : {1u, 2u, 15u, 16u, 17u, 33u}) {
      Misaligned in(random_values(3 * num_out * row, 5));
      Misaligned out(std::vector<float>(num_out * row));
      std::vector<float> expected(num_out * row);
      std::vector<double> sums(row + 1, 0.0), squares(row + 1, 0.0), expected_sums(row + 1, 0.0),
          expected_squares(row + 1, 0.0);
      max_pool3(in.data(), num_out, row, out.data(), sums.data(), squares.data());
      max_pool3_reference(in.data(), num_out, row, expected.data(), expected_sums.data(),
                          expected_squares.data());
      EXPECT_EQ(out.values(), expected);
      for (std::size_t i = 0; i <= row; ++i) {
        ASSERT_NEAR(sums[i], expected_sums[i], 1e-5);  // sixteen values are summed in float first
        ASSERT_NEAR(squares[i], expected_squares[i], 1e-5);
      }
    }
  }
}

TEST(LaneOps, ActivationsEqualReference) {
  for (const std::size_t row : kRows) {
    const auto values = random_values(9 * row, 6);
    auto expected = values;
    Misaligned x(values);
    Misaligned scale(random_values(row, 7));
    Misaligned shift(random_values(row, 8));
    affine_leaky_relu(x.data(), 9, row, scale.data(), shift.data());
    affine_leaky_relu_reference(expected.data(), 9, row, scale.data(), shift.data());
    // The product keeps all its digits in a fused multiply-add; values are below 2.
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(x.values()[i], expected[i], 2.4e-7) << row;
    Misaligned y(values);
    expected = values;
    leaky_relu(y.data(), values.size());
    leaky_relu_reference(expected.data(), expected.size());
    EXPECT_EQ(y.values(), expected);
  }
}

TEST(LaneOps, LstmCellEqualsReference) {
  for (const std::size_t size : kRows) {
    auto values = random_values(4 * size, 10);
    // Far out as well, where the exponential must neither overflow nor lose its limits.
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= i % 7 == 0 ? 100.0f : 8.0f;
    Misaligned gates(values);
    auto expected_c = random_values(size, 11);
    Misaligned c(expected_c);
    Misaligned h(std::vector<float>(size, 0.0f));
    std::vector<float> expected_h(size);
    lstm_cell(gates.data(), size, c.data(), h.data());
    lstm_cell_reference(values.data(), size, expected_c.data(), expected_h.data());
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_NEAR(c.values()[i], expected_c[i], 1e-6) << size;
      ASSERT_NEAR(h.values()[i], expected_h[i], 1e-6) << size;
    }
  }
}

// A value must not depend on where in its row it lies: one window and many are computed in rows of other
// lengths.
TEST(LaneOps, ValuesDoNotDependOnTheirPlace) {
  constexpr std::size_t kSize = 67;
  const auto gates = random_values(4 * kSize, 12);
  auto c = random_values(kSize, 13);
  const auto before = c;
  std::vector<float> h(kSize);
  lstm_cell(gates.data(), kSize, c.data(), h.data());
  for (std::size_t u = 0; u < kSize; ++u) {
    const std::vector<float> one = {gates[u], gates[kSize + u], gates[2 * kSize + u], gates[3 * kSize + u]};
    float cell = before[u];
    float hidden = 0.0f;
    lstm_cell(one.data(), 1, &cell, &hidden);
    ASSERT_EQ(cell, c[u]) << u;
    ASSERT_EQ(hidden, h[u]) << u;
  }
}

struct ConvCase {
  ConvShape shape;
  std::size_t rows;
  std::size_t columns;
};

constexpr double kRounding = 0x1p-24;

double root_mean_square(const std::vector<float>& values) {
  double total = 0.0;
  for (const float value : values) total += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(total / static_cast<double>(values.size()));
}

// Norm of the difference by the norm of what is expected, in units of one rounding.
double relative_error(const std::vector<float>& ours, const std::vector<float>& expected) {
  std::vector<float> difference(ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) difference[i] = ours[i] - expected[i];
  return root_mean_square(difference) / root_mean_square(expected) / kRounding;
}

// Whether a multiply-add is rounded once. SSE rounds twice, and a little more is lost.
bool has_fused_products() {
  const std::string set = instruction_set_name();
  return set.rfind("SS", 0) != 0 && set != "SCALAR";
}

// How far float32 may be from double, in roundings of the result. Sums of C random terms lose a part that
// grows with the root of C, Winograd's transforms multiply it. Measured over all cases below, largest first:
//   direct 2.6; F(4, 3) 8.0 with 8 channels, 9.1 with 16, 12.5 with 64; F(5, 3) 55 with 128, 60 with 144, 73
//   with 256. Without fused products up to 1.23 times as much with few channels.
// The usual points 1 and 2 lose 12.9 to 15.8 with 8 channels and 27.7 with 64: most cases then fail.
double rounding_bound(const Convolution& convolution, const ConvShape& shape) {
  const double root = std::sqrt(static_cast<double>(shape.in_channels));
  const double fused = !convolution.uses_winograd()       ? 2.8
                       : convolution.winograd().outs == 4 ? 5.0 + 1.1 * root
                                                          : 5.3 * root;
  return fused * (has_fused_products() ? 1.0 : 1.25);
}

class Conv2dTest : public ::testing::TestWithParam<ConvCase> {};

TEST_P(Conv2dTest, EqualsReference) {
  const auto& [shape, rows, columns] = GetParam();
  const std::size_t in_padded = shape.in_channels == 1 ? 1 : padded_channels(shape.in_channels);
  const auto weights =
      random_values(shape.out_channels * shape.in_channels * shape.kernel * shape.kernel, 12);
  const auto bias = random_values(shape.out_channels, 13);
  const auto values = random_values(shape.in_channels * rows * columns, 14);
  const std::size_t out_rows = (rows + shape.stride - 1) / shape.stride;
  const std::size_t out_columns = (columns + shape.stride - 1) / shape.stride;
  const auto residual = random_values(shape.out_channels * out_rows * out_columns, 15);
  std::vector<float> expected(residual.size());
  conv2d_reference({shape, weights, bias, values, rows, columns, residual, true}, expected);

  const Convolution convolution(shape, in_padded, weights, bias);
  const auto fill = [](Image& image, std::size_t r, std::size_t c, std::size_t padded, std::size_t channels,
                       const std::vector<float>& from) {
    image.reshape(r, c, padded);
    for (std::size_t i = 0; i < r * c * padded; ++i) {
      const std::size_t channel = i % padded;
      const std::size_t pixel = i / padded;
      image.at(static_cast<long>(pixel / c), static_cast<long>(pixel % c))[channel] =
          channel < channels ? from[channel * r * c + pixel] : 0.0f;
    }
  };
  Image in, out;
  fill(in, rows, columns, in_padded, shape.in_channels, values);
  // The residual may be the output itself, as in the network.
  fill(out, out_rows, out_columns, convolution.out_padded(), shape.out_channels, residual);
  ConvScratch scratch;
  conv2d(convolution, in, {.relu = true, .residual = &out}, scratch, out);
  std::vector<float> ours(expected.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const std::size_t channel = i / (out_rows * out_columns);
    const std::size_t pixel = i % (out_rows * out_columns);
    ours[i] = out.at(static_cast<long>(pixel / out_columns), static_cast<long>(pixel % out_columns))[channel];
  }
  const double bound = rounding_bound(convolution, shape);
  EXPECT_LE(relative_error(ours, expected), bound) << "of 2^-24";
  // A single wrong value must not hide among many. Some places of a tile lose more than others, and some
  // values are sums of larger ones: 17 times the bound is the largest measured.
  const double largest = 24.0 * bound * kRounding * root_mean_square(expected);
  for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], expected[i], largest) << i;
}

std::vector<ConvCase> conv_cases() {
  std::vector<ConvCase> cases;
  for (const std::size_t size : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 17u}) {
    cases.push_back({{8, 16, 3, 1}, size, 10});
    cases.push_back({{16, 8, 3, 1}, 5, size});
    cases.push_back({{8, 16, 3, 2}, size, 9});
    cases.push_back({{16, 32, 1, 2}, 7, size});
    cases.push_back({{1, 8, 3, 1}, size, 6});
  }
  cases.push_back({{64, 64, 3, 1}, 25, 60});    // more tiles than one strip holds
  cases.push_back({{128, 128, 3, 1}, 26, 24});  // the same for the wide layers' F(5x5, 3x3)
  cases.push_back({{256, 128, 3, 1}, 6, 11});
  for (const std::size_t size : {1u, 4u, 5u, 6u, 9u, 10u, 11u}) {
    cases.push_back({{128, 144, 3, 1}, size, 7});
    cases.push_back({{144, 128, 3, 1}, 3, size});
  }
  cases.push_back({{12, 20, 3, 1}, 9, 7});  // channels that need padding
  return cases;
}

INSTANTIATE_TEST_SUITE_P(AroundTiles, Conv2dTest, ::testing::ValuesIn(conv_cases()));

// (1 + 2^-12)^2 has one digit more than a float: a fused multiply-add keeps it, a product that is rounded
// first loses it. So a kernel that lost its fused products fails, which rounding errors of long sums hardly
// show.
TEST(FusedProducts, KeepEveryDigit) {
  constexpr float kFactor = 1.0f + 0x1p-12f;
  constexpr float kRounded = 1.0f + 0x1p-11f;
  const float expected = has_fused_products() ? 0x1p-24f : 0.0f;
  const PackedMatrix matrix(std::vector<float>{kFactor}, 1, 1, std::vector<float>{-kRounded});
  AlignedBuffer in, out;
  std::fill_n(in.reserve(lane_width()), lane_width(), kFactor);
  out.reserve(lane_width());
  lane_gemm(matrix, in.data(), 1, 1, GemmStart::kBias, out.data());
  EXPECT_EQ(out.data()[0], expected);
  row_gemm(RowMatrix(matrix), {&kFactor, 1, out.data(), 1, 1}, GemmStart::kBias);
  EXPECT_EQ(out.data()[0], expected);
  for (const ConvShape& shape : {ConvShape{8, 8, 1, 2}, ConvShape{8, 8, 3, 2}, ConvShape{1, 8, 3, 1}}) {
    const std::size_t taps = shape.kernel * shape.kernel;
    std::vector<float> weights(shape.out_channels * shape.in_channels * taps, 0.0f);
    for (std::size_t o = 0; o < shape.out_channels; ++o)
      weights[o * shape.in_channels * taps + taps / 2] = kFactor;
    const std::size_t in_padded = shape.in_channels == 1 ? 1 : padded_channels(shape.in_channels);
    const Convolution convolution(shape, in_padded, weights, std::vector<float>(8, -kRounded));
    Image image, result;
    image.reshape(1, 1, in_padded);
    std::fill_n(image.at(0, 0), in_padded, 0.0f);
    image.at(0, 0)[0] = kFactor;
    result.reshape(1, 1, convolution.out_padded());
    ConvScratch scratch;
    conv2d(convolution, image, {.relu = false, .residual = nullptr}, scratch, result);
    EXPECT_EQ(result.at(0, 0)[0], expected) << "kernel " << shape.kernel << ", stride " << shape.stride;
  }
}

TEST(StatsPool, KnownValuesEmptyMaskAndSingleFrame) {
  const std::vector<float> x = {1, 10, 3, 20, 5, 60};  // [3 frames, 2 channels]
  std::vector<float> pooled(4);
  stats_pool(x, std::vector<float>{1, 1, 0}, pooled);
  EXPECT_NEAR(pooled[0], 2.0f, 1e-6);
  EXPECT_NEAR(pooled[1], 15.0f, 1e-5);
  EXPECT_NEAR(pooled[2], std::sqrt(2.0f), 1e-6);
  EXPECT_NEAR(pooled[3], std::sqrt(50.0f), 1e-5);
  stats_pool(x, std::vector<float>{0, 0, 0}, pooled);
  EXPECT_EQ(pooled, (std::vector<float>{0, 0, 0, 0}));
  stats_pool(x, std::vector<float>{0, 1, 0}, pooled);
  EXPECT_EQ(pooled, (std::vector<float>{3, 20, 0, 0}));
}

TEST(StatsPool, MasksAreResizedToTheNearestFrame) {
  EXPECT_EQ(resize_nearest(std::vector<float>{1, 2, 3, 4, 5}, 3), (std::vector<float>{1, 2, 4}));
  EXPECT_EQ(resize_nearest(std::vector<float>{1, 2}, 4), (std::vector<float>{1, 1, 2, 2}));
}

}  // namespace
}  // namespace diar::nn
