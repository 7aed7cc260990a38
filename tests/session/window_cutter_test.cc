// Samples in any pieces in, the windows of the whole recording out.
#include "session/window_cutter.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

namespace diar {
namespace {

constexpr std::size_t kWindow = 10;

/// Windows by the rule alone: full ones every step, one more padded when samples are left that no window
/// holds.
std::vector<std::vector<float>> by_rule(const std::vector<float>& samples, std::size_t step) {
  std::vector<std::vector<float>> windows;
  std::size_t start = 0;
  for (; start + kWindow <= samples.size(); start += step)
    windows.emplace_back(samples.begin() + static_cast<std::ptrdiff_t>(start),
                         samples.begin() + static_cast<std::ptrdiff_t>(start + kWindow));
  const std::size_t covered = windows.empty() ? 0 : start - step + kWindow;
  if (samples.size() > covered) {
    windows.emplace_back(samples.begin() + static_cast<std::ptrdiff_t>(start), samples.end());
    windows.back().resize(kWindow, 0.0f);
  }
  return windows;
}

void drain(WindowCutter& cutter, std::size_t at_once, std::vector<std::vector<float>>& windows) {
  while (const std::size_t ready = cutter.num_ready()) {
    const WindowBatch batch = cutter.take(at_once);
    ASSERT_GE(batch.num_windows, 1u);
    ASSERT_LE(batch.num_windows, std::min(at_once, ready));
    for (std::size_t w = 0; w < batch.num_windows; ++w) {
      const auto window = batch.samples.subspan(w * batch.step_samples, batch.window_samples);
      windows.emplace_back(window.begin(), window.end());
    }
  }
  EXPECT_EQ(cutter.take(at_once).num_windows, 0u);
}

class CutterTest : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(CutterTest, PiecesGiveTheWindowsOfTheWhole) {
  const auto [step, length] = GetParam();
  std::vector<float> samples(length);
  for (std::size_t i = 0; i < length; ++i) samples[i] = static_cast<float>(i + 1);
  const auto expected = by_rule(samples, step);
  std::mt19937 random(static_cast<unsigned>(step * 100 + length));
  for (const std::size_t at_once : {1, 2, 5, 100}) {
    WindowCutter cutter(kWindow, step);
    std::vector<std::vector<float>> windows;
    for (std::size_t at = 0; at < length;) {
      const std::size_t count = std::min<std::size_t>(random() % 14, length - at);
      cutter.push(std::span<const float>(samples).subspan(at, count));
      at += count;
      if (random() % 2 == 0) drain(cutter, at_once, windows);
    }
    drain(cutter, at_once, windows);
    cutter.finish();
    drain(cutter, at_once, windows);
    EXPECT_EQ(windows, expected) << at_once << " at once";
    EXPECT_EQ(cutter.num_samples(), length);
  }
}

// Lengths around one window and around whole steps after it.
INSTANTIATE_TEST_SUITE_P(StepsAndLengths, CutterTest,
                         ::testing::Combine(::testing::Values(1, 3, 9, 10),
                                            ::testing::Values(0, 1, 9, 10, 11, 12, 13, 19, 20, 21, 57)));

}  // namespace
}  // namespace diar
