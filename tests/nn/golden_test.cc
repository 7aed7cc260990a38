// Single layers beside PyTorch: the same weights and inputs, recorded outputs.
#include <cmath>

#include "golden_data.h"
#include "nn/instance_norm.h"
#include "nn/kernels/lane_gemm.h"
#include "nn/kernels/lane_ops.h"
#include "nn/kernels/sinc_filters.h"
#include "nn/kernels/stats_pool.h"
#include "nn/lstm.h"

namespace diar::nn {
namespace {

// Values [T, C] into lane layout [T, C, L]: the same in every lane, so that each can be looked at.
float* to_lanes(const std::vector<float>& values, AlignedBuffer& buffer) {
  const std::size_t lanes = lane_width();
  float* out = buffer.reserve(values.size() * lanes);
  for (std::size_t i = 0; i < values.size(); ++i) std::fill_n(out + i * lanes, lanes, values[i]);
  return out;
}

TEST(SincFilters, AreAsteroids) {
  const Weights file = golden::unit("sinc_filters");
  const auto filters = make_sinc_filters(file.at("low_hz").to_float(), file.at("band_hz").to_float());
  const auto expected = file.at("filters").to_double();
  ASSERT_EQ(filters.size(), expected.size());
  // Sine and cosine of float angles up to 2 pi 125 / 2.
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(filters[i], expected[i], 1e-5) << i;
}

TEST(SincFilters, ConvolveAsPyTorchDoes) {
  const Weights file = golden::unit("sinc_filters");
  const auto filters = make_sinc_filters(file.at("low_hz").to_float(), file.at("band_hz").to_float());
  const Tensor& output = file.at("output");  // [80, 95]
  const std::size_t steps = output.shape[1];
  AlignedBuffer in;
  to_lanes(file.at("signal").to_float(), in);
  AlignedBuffer out(steps * kSincFilters * lane_width());
  lane_gemm(PackedMatrix(filters, kSincFilters, kSincTaps, {}), in.data(), 10, steps, GemmStart::kBias,
            out.data());
  const auto expected = output.to_double();
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t f = 0; f < kSincFilters; ++f) {
      // 251 products with filter values that are 1e-5 off at most; they add up like noise.
      ASSERT_NEAR(out.data()[(step * kSincFilters + f) * lane_width()], expected[f * steps + step], 1e-4);
    }
  }
}

class InstanceNormSet : public ::testing::TestWithParam<int> {};

TEST_P(InstanceNormSet, IsPyTorchs) {
  const Weights file = golden::unit("instance_norm");
  const auto at = [&](const std::string& name) { return file.at(name + std::to_string(GetParam())); };
  const auto x = at("x").to_float();  // [C, T]
  const auto expected = at("y").to_double();
  const auto weight = at("weight").to_float();
  const auto bias = at("bias").to_float();
  const std::size_t channels = weight.size();
  const std::size_t frames = x.size() / channels;
  std::vector<double> sums(channels, 0.0), squares(channels, 0.0);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t t = 0; t < frames; ++t) {
      const double value = x[c * frames + t];
      sums[c] += value;
      squares[c] += value * value;
    }
  }
  std::vector<float> scale(channels), shift(channels);
  instance_norm_factors({sums, squares, frames}, {weight, bias}, scale, shift);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i / frames;
    ASSERT_NEAR(x[i] * scale[c] + shift[c], expected[i], 1e-5) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(PyTorch, InstanceNormSet, ::testing::Values(0, 1, 2));

class LstmFrames : public ::testing::TestWithParam<std::size_t> {};

TEST_P(LstmFrames, BothDirectionsArePyTorchs) {
  constexpr std::size_t kUnits = 128;
  const Weights file = golden::unit("lstm_layer");
  const std::string frames = std::to_string(GetParam());
  AlignedBuffer in;
  to_lanes(file.at("x_" + frames).to_float(), in);
  AlignedBuffer out(GetParam() * 2 * kUnits * lane_width());
  LstmScratch scratch;
  const auto forward = read_lstm_direction(file, "", "l0", 60, kUnits);
  const auto backward = read_lstm_direction(file, "", "l0_reverse", 60, kUnits);
  run_lstm_direction(forward, in.data(), GetParam(), LstmOrder::kForward, out.data(), scratch);
  run_lstm_direction(backward, in.data(), GetParam(), LstmOrder::kBackward, out.data(), scratch);
  const auto expected = file.at("y_" + frames).to_double();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (std::size_t lane = 0; lane < lane_width(); ++lane)
      ASSERT_NEAR(out.data()[i * lane_width() + lane], expected[i], 1e-5) << i;
  }
}

// Fewer steps than the layer works on at a time, and several times that with a rest.
INSTANTIATE_TEST_SUITE_P(PyTorch, LstmFrames, ::testing::Values(1, 2, 37));

TEST(StatsPool, IsPyannotes) {
  const Weights file = golden::unit("stats_pool");
  const RowMatrixF features = golden::matrix_f(file.at("features")).transpose();  // [T, C]
  const std::vector<float> x(features.data(), features.data() + features.size());
  const auto masks = file.at("masks").to_float();
  const auto resized = file.at("resized").to_float();
  const auto pooled = file.at("pooled").to_double();
  const auto channels = static_cast<std::size_t>(features.cols());
  const auto frames = static_cast<std::size_t>(features.rows());
  for (std::size_t mask = 0; mask < 6; ++mask) {
    const auto weights = resize_nearest(std::span(masks).subspan(mask * 589, 589), frames);
    EXPECT_EQ(weights,
              std::vector<float>(resized.begin() + static_cast<std::ptrdiff_t>(mask * frames),
                                 resized.begin() + static_cast<std::ptrdiff_t>((mask + 1) * frames)));
    std::vector<float> ours(2 * channels);
    stats_pool(x, weights, ours);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double expected = pooled[mask * ours.size() + i];
      ASSERT_NEAR(ours[i], expected, 1e-4 * std::max(1.0, std::abs(expected))) << "mask " << mask;
    }
  }
  std::vector<float> single(2 * channels);
  stats_pool(file.at("single_features").to_float(), std::vector<float>{1.0f}, single);
  const auto expected = file.at("single_pooled").to_double();
  for (std::size_t i = 0; i < single.size(); ++i) ASSERT_NEAR(single[i], expected[i], 1e-6) << i;
}

TEST(StatsPool, NearestFramesArePyTorchs) {
  const Weights file = golden::unit("stats_pool");
  for (const std::size_t length : {1u, 2u, 3u, 7u, 125u, 249u, 500u, 589u, 590u, 1000u}) {
    std::vector<float> ramp(length);
    for (std::size_t i = 0; i < length; ++i) ramp[i] = static_cast<float>(i);
    for (const std::size_t frames : {125u, 63u}) {
      const std::string name = "nearest_" + std::to_string(length) + "_" + std::to_string(frames);
      EXPECT_EQ(resize_nearest(ramp, frames), file.at(name).to_float()) << name;
    }
  }
}

}  // namespace
}  // namespace diar::nn
