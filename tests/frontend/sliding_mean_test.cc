// The sliding mean beside a plain loop.
#include "frontend/sliding_mean.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace diar {
namespace {

std::vector<float> features(std::size_t num_frames) {
  std::vector<float> values(num_frames * kMelBins);
  std::uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 16) / 4096.0f - 12.0f;
  }
  return values;
}

std::vector<float> in_pieces(const std::vector<float>& values, std::size_t width, std::size_t piece) {
  SlidingMean mean(width);
  std::vector<float> out;
  for (std::size_t done = 0; done < values.size(); done += piece * kMelBins) {
    mean.add(std::span(values).subspan(done, std::min(piece * kMelBins, values.size() - done)), out);
  }
  mean.finish(out);
  return out;
}

std::vector<float> by_loops(const std::vector<float>& values, std::size_t width) {
  const std::size_t num_frames = values.size() / kMelBins;
  std::vector<float> out(values.size());
  for (std::size_t f = 0; f < num_frames; ++f) {
    const std::size_t used = std::min(width, num_frames);
    const std::size_t begin = std::min(f - std::min(f, width / 2), num_frames - used);
    for (std::size_t bin = 0; bin < kMelBins; ++bin) {
      double sum = 0.0;
      for (std::size_t g = begin; g < begin + used; ++g)
        sum += static_cast<double>(values[g * kMelBins + bin]);
      const auto mean = static_cast<float>(sum / static_cast<double>(used));
      out[f * kMelBins + bin] = values[f * kMelBins + bin] - mean;
    }
  }
  return out;
}

class SlidingMeanTest : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(SlidingMeanTest, IsTheMeanAroundEachFrame) {
  const auto [num_frames, width] = GetParam();
  const auto values = features(num_frames);
  const auto expected = by_loops(values, width);
  const auto whole = in_pieces(values, width, num_frames + 1);
  ASSERT_EQ(whole.size(), expected.size());
  // The running sums round differently from fresh ones by 1e-13; a float of this size is off by 1e-6.
  for (std::size_t i = 0; i < whole.size(); ++i) ASSERT_NEAR(whole[i], expected[i], 2e-6) << i;
  for (const std::size_t piece : {1, 7, 100}) EXPECT_EQ(in_pieces(values, width, piece), whole) << piece;
}

INSTANTIATE_TEST_SUITE_P(LengthsAndWidths, SlidingMeanTest,
                         ::testing::Combine(::testing::Values(0, 1, 2, 9, 10, 11, 250),
                                            ::testing::Values(1, 2, 10, 11, 98)));

TEST(SlidingMean, OneWindowLosesItsOwnMean) {
  const auto values = features(98);
  auto expected = values;
  subtract_mean(expected);
  const auto ours = in_pieces(values, 98, 98);
  for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], expected[i], 2e-6) << i;
}

}  // namespace
}  // namespace diar
