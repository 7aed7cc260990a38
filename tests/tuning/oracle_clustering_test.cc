// The ceiling of a segmentation: local speakers named by the reference.
#include "tuning/oracle_clustering.h"

#include <gtest/gtest.h>

namespace diar {
namespace {

constexpr std::size_t kFrames = 589;
constexpr double kFrameStep_s = 270.0 / 16000.0;

Activity silent_windows(std::size_t num_windows) {
  Activity activity;
  activity.grid.num_windows = num_windows;
  activity.grid.frames_per_window = kFrames;
  activity.bits.assign(num_windows * kFrames, 0);
  return activity;
}

// Local speaker `s` of a window talks from `first` to `last` s of the recording.
void talk(Activity& activity, std::size_t window, unsigned s, double first_s, double last_s) {
  for (std::size_t frame = 0; frame < kFrames; ++frame) {
    const double middle_s = kSegmentationFrames.middle_s(activity.grid.first_frame(window) + frame);
    if (middle_s >= first_s && middle_s < last_s)
      activity.bits[window * kFrames + frame] |= static_cast<std::uint8_t>(1u << s);
  }
}

const Annotation kTwo("two", {{{0.0, 3.0}, "ann"}, {{3.0, 7.0}, "bo"}, {{9.0, 12.0}, "ann"}});

TEST(OracleClustering, LocalSpeakersGetTheNamesOfTheReferenceInAnyOrder) {
  Activity activity = silent_windows(3);
  for (const std::size_t window : {0u, 1u, 2u}) {
    talk(activity, window, static_cast<unsigned>(window), 0.0, 3.0);
    talk(activity, window, static_cast<unsigned>((window + 1) % 3), 3.0, 7.0);
  }
  EXPECT_EQ(cluster_by_reference(activity, kTwo),
            (std::vector<std::int32_t>{0, 1, -2, /**/ -2, 0, 1, /**/ 1, -2, 0}));
}

TEST(OracleClustering, OneSpeakerTakesOnlyTheBestLocalSpeakerOfAWindow) {
  Activity activity = silent_windows(1);
  talk(activity, 0, 0, 0.0, 1.0);
  talk(activity, 0, 2, 1.0, 3.0);
  EXPECT_EQ(cluster_by_reference(activity, kTwo), (std::vector<std::int32_t>{-2, -2, 0}));
}

TEST(OracleClustering, WhoSharesNothingIsNobody) {
  Activity activity = silent_windows(1);
  talk(activity, 0, 1, 7.5, 8.9);
  EXPECT_EQ(cluster_by_reference(activity, kTwo), (std::vector<std::int32_t>{-2, -2, -2}));
  EXPECT_EQ(cluster_by_reference(activity, Annotation("empty")), (std::vector<std::int32_t>{-2, -2, -2}));
}

TEST(OracleClustering, ATurnHoldsTheFramesWhoseMiddlesLieInIt) {
  // One frame each, the first and the last whose middles lie in the turn; the ones beyond share nothing.
  const double first_s = kSegmentationFrames.middle_s(100), last_s = kSegmentationFrames.middle_s(110);
  const Annotation reference("short", {{{first_s, last_s}, "ann"}});
  for (const auto& [frame, expected] :
       std::vector<std::pair<std::size_t, std::int32_t>>{{99, -2}, {100, 0}, {109, 0}, {110, -2}}) {
    Activity activity = silent_windows(1);
    activity.bits[frame] = 1;
    EXPECT_EQ(cluster_by_reference(activity, reference)[0], expected) << frame;
  }
}

TEST(OracleClustering, WindowsCountFromTheirOwnStart) {
  Activity activity = silent_windows(4);
  talk(activity, 3, 0, 9.5, 12.0);
  const std::vector<std::int32_t> clusters = cluster_by_reference(activity, kTwo);
  EXPECT_EQ(clusters[9], 0);
  // Beyond the last turn of the reference nothing is shared.
  Activity late = silent_windows(4);
  late.bits[3 * kFrames + static_cast<std::size_t>(9.2 / kFrameStep_s)] = 1;
  EXPECT_EQ(cluster_by_reference(late, kTwo)[9], -2);
}

}  // namespace
}  // namespace diar
