// Labels of windows to turns: as the offline pipeline does it, however often the end is rewritten.
#include <gtest/gtest.h>

#include <random>

#include "session/diarization.h"
#include "session/live_timeline.h"
#include "session/speaker_count.h"

namespace diar {
namespace {

struct Windows {
  Activity activity;
  std::vector<std::int32_t> labels;
};

Windows random_windows(std::uint32_t seed, std::size_t num_windows) {
  std::mt19937 random(seed);
  Windows windows;
  WindowGrid& grid = windows.activity.grid;
  grid.num_windows = num_windows;
  grid.frames_per_window = 589;
  // Talk comes in stretches, so that turns do.
  for (std::size_t window = 0; window < num_windows; ++window) {
    std::uint8_t now = 0;
    for (std::size_t frame = 0; frame < grid.frames_per_window; ++frame) {
      if (random() % 40 == 0) now = static_cast<std::uint8_t>(random() % 8);
      windows.activity.bits.push_back(now);
    }
    std::vector<std::int32_t> labels = {0, 1, 2, 3};
    std::shuffle(labels.begin(), labels.end(), random);
    for (std::size_t s = 0; s < grid.num_speakers; ++s) windows.labels.push_back(labels[s]);
  }
  return windows;
}

std::vector<Turn> turns_of(const LiveTimeline& timeline) {
  std::vector<Turn> turns;
  for (const LabelTurn& turn : timeline.turns()) turns.push_back({turn.segment, std::to_string(turn.label)});
  return Annotation("x", turns).turns();
}

TEST(LiveTimeline, IsTheReconstructionOfAWholeRun) {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    RunPlan plan;
    plan.min_duration_off_s = seed % 2 == 0 ? 0.0 : 0.3;
    plan.min_duration_s = seed % 3 == 0 ? 0.2 : 0.0;
    if (seed % 5 == 4) plan.max_speakers = 1;
    const Windows all = random_windows(seed, 14);
    const auto offline = reconstruct_output(all.activity, {all.labels, RowMatrix::Zero(4, 2), {}},
                                            count_speakers(all.activity), plan);
    LiveTimeline timeline(plan);
    for (std::size_t num_windows = 1; num_windows <= 14; ++num_windows) {
      Windows part = all;
      part.activity.grid.num_windows = num_windows;
      part.labels.resize(num_windows * 3);
      const ExtraWindow extra = {num_windows * 59, std::vector<std::uint8_t>(589, 5), {2, -2, 0}};
      timeline.rewrite(part.activity, part.labels, 0, num_windows - 1, {});
      if (num_windows < 14) timeline.rewrite(part.activity, part.labels, 0, num_windows, extra);
    }
    std::vector<Turn> expected;
    for (const Turn& turn : offline.diarization.turns())
      expected.push_back({turn.segment, std::string(1, turn.speaker.back())});
    EXPECT_EQ(turns_of(timeline), Annotation("x", expected).turns()) << "seed " << seed;
  }
}

TEST(LiveTimeline, ForgetsWholeTurns) {
  RunPlan plan;
  plan.min_duration_off_s = 0.3;
  const Windows all = random_windows(3, 10);
  LiveTimeline timeline(plan);
  timeline.rewrite(all.activity, all.labels, 0, 0, {});
  const std::vector<LabelTurn> before = timeline.turns();
  constexpr std::size_t kFrame = 400;
  timeline.forget(kFrame);
  const double time_s = kSegmentationFrames.middle_s(kFrame);
  std::vector<LabelTurn> expected;
  for (const LabelTurn& turn : before) {
    if (turn.segment.end_s > time_s) expected.push_back(turn);
  }
  ASSERT_LT(expected.size(), before.size());
  const std::vector<LabelTurn> after = timeline.turns();
  ASSERT_EQ(after.size(), expected.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].label, expected[i].label);
    EXPECT_EQ(after[i].segment, expected[i].segment);
  }
}

}  // namespace
}  // namespace diar
