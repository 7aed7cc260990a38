// How sure turns are: sums of certainties, votes, margins.
#include "session/confidence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "assign/nobody.h"

namespace diar {
namespace {

// Windows of four frames, a frame apart... three windows over six frames.
WindowGrid grid_of(std::size_t num_windows) {
  WindowGrid grid;
  grid.duration_s = 4.0;
  grid.step_s = 1.0;
  grid.num_windows = num_windows;
  grid.frames_per_window = 4;
  grid.num_speakers = 2;
  grid.frames = {0.0, 1.0, 1.0};
  return grid;
}

std::vector<float> log_probs_of(const std::vector<double>& most) {
  std::vector<float> values;
  for (const double p : most) {
    values.push_back(static_cast<float>(std::log(p)));
    values.push_back(static_cast<float>(std::log(1.0 - p)));
  }
  return values;
}

TEST(FrameCertainty, IsTheMeanOverTheWindowsOfAFrame) {
  const WindowGrid grid = grid_of(2);
  FrameCertainty certainty;
  certainty.add(grid, 0, log_probs_of({0.6, 0.7, 0.8, 0.9}), 2);
  certainty.add(grid, 1, log_probs_of({0.9, 0.6, 0.5, 0.99}), 2);
  EXPECT_NEAR(certainty.mean(0, 1), 0.6, 0.5 / 255);
  EXPECT_NEAR(certainty.mean(1, 2), (0.7 + 0.9) / 2, 0.5 / 255);
  EXPECT_NEAR(certainty.mean(3, 2), (0.9 + 0.5) / 2, 0.5 / 255);
  EXPECT_NEAR(certainty.mean(4, 1), 0.99, 0.5 / 255);
  EXPECT_EQ(certainty.mean(100, 1), 0.0);
}

TEST(FrameCertainty, AThousandWindowsOverAFrameDoNotOverflow) {
  WindowGrid grid = grid_of(0);
  grid.step_s = 0.004;
  FrameCertainty certainty;
  for (std::size_t window = 0; window < 1000; ++window)
    certainty.add(grid, window, log_probs_of({0.99, 0.99, 0.99, 0.99}), 2);
  std::size_t over = 0;
  for (std::size_t window = 0; window < 1000; ++window) over += grid.first_frame(window) <= 3 ? 1 : 0;
  EXPECT_GT(over, 800u);
  // Sums have fewer steps then.
  EXPECT_NEAR(certainty.mean(3, over), 0.99, 0.02);
}

TEST(FrameCertainty, NumbersThatAreNoneCountAsNothing) {
  FrameCertainty certainty;
  std::vector<float> values = log_probs_of({0.9, 0.9, 0.9, 0.9});
  values[0] = values[1] = std::nanf("");
  certainty.add(grid_of(1), 0, values, 2);
  EXPECT_EQ(certainty.mean(0, 1), 0.0);
}

TEST(TurnConfidence, FollowsSharesCertaintyAndMargins) {
  const WindowGrid grid = grid_of(2);
  Activity activity{grid, {1, 1, 1, 1, 1, 1, 2, 0}};
  SpeakerClusters clusters;
  clusters.cluster_of = {0, kNobody, 0, 1};
  clusters.margins = {0.5f, 0.0f, 0.3f, -0.2f};
  FrameCertainty certainty;
  for (const std::size_t window : {0u, 1u})
    certainty.add(grid, window, log_probs_of({0.8, 0.8, 0.8, 0.8}), 2);
  const double level = std::round(0.8 * 255) / 255;
  std::vector<ColumnTurn> turns = {{{0.5, 3.5}, 0, 0}, {{3.5, 4.5}, 1, 1}};
  const std::vector<std::uint8_t> count = {1, 1, 1, 2, 1};
  const ConfidenceModel model{-1.0, 2.0, 1.5, 3.0, -0.25};
  set_confidence(activity, clusters, count, certainty, model, turns);
  // Frame 0: one window, which votes for column 0. Frames 1 and 2: both.
  const double sole = model.probability({1.0, level, 0.5, false});
  const double both = model.probability({1.0, level, 0.4, false});
  ASSERT_TRUE(turns[0].confidence && turns[1].confidence);
  EXPECT_NEAR(*turns[0].confidence, (sole + both + both) / 3, 1e-6);
  // Frame 3: window 1 alone votes for column 1, out of two, and the frame holds two speakers.
  EXPECT_NEAR(*turns[1].confidence, model.probability({0.5, level, -0.2, true}), 1e-6);
}

TEST(TurnConfidence, IsUnknownWithoutItsParts) {
  const WindowGrid grid = grid_of(1);
  const Activity activity{grid, {1, 1, 1, 1}};
  SpeakerClusters clusters;
  clusters.cluster_of = {0, kNobody};
  std::vector<ColumnTurn> turns = {{{0.5, 3.5}, 0, 0}};
  const std::vector<std::uint8_t> count(5, 1);
  FrameCertainty certainty;
  certainty.add(grid, 0, log_probs_of({0.8, 0.8, 0.8, 0.8}), 2);
  set_confidence(activity, clusters, count, certainty, {}, turns);
  EXPECT_FALSE(turns[0].confidence);
  clusters.margins = {0.5f, 0.0f};
  set_confidence(activity, clusters, count, {}, {}, turns);
  EXPECT_FALSE(turns[0].confidence);
}

}  // namespace
}  // namespace diar
