// Speaker counts, frame placement and masks beside pyannote's.
#include "session/speaker_count.h"

#include <cmath>

#include "golden_data.h"
#include "session/masks.h"

namespace diar {
namespace {

class CountedWindows : public ::testing::TestWithParam<int> {};

TEST_P(CountedWindows, HalvesRoundToEven) {
  const Weights file = golden::unit("counting");
  const auto counts = count_speakers(golden::activity(file.at(golden::indexed("hard", GetParam()))));
  EXPECT_EQ(counts, golden::bytes(file.at(golden::indexed("count", GetParam()))));
}

INSTANTIATE_TEST_SUITE_P(Pyannote, CountedWindows,
                         ::testing::ValuesIn(golden::ints(golden::unit("counting").at("sizes"))));

TEST(WindowGrid, FramesOfARecording) {
  const auto expected = golden::ints(golden::unit("counting").at("num_frames_of_chunks"));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    WindowGrid grid;
    grid.num_windows = i + 1;
    ASSERT_EQ(static_cast<int>(grid.num_frames()), expected[i]) << i + 1 << " windows";
  }
}

TEST(WindowGrid, FirstFrameOfAWindow) {
  const auto expected = golden::ints(golden::unit("counting").at("start_frame_of_chunk"));
  const WindowGrid grid;
  for (std::size_t window = 0; window < expected.size(); ++window) {
    ASSERT_EQ(static_cast<int>(grid.first_frame(window)), expected[window]) << "window " << window;
  }
}

TEST(SpeakerCount, RoundsAsNumpyDoes) {
  const auto in = golden::unit("counting").at("rint_in").to_double();
  const auto out = golden::unit("counting").at("rint_out").to_double();
  // Two windows one second apart: where both cover a frame, k speakers in one and k + 1 in the other are k +
  // 0.5.
  Activity activity;
  activity.grid.num_windows = 2;
  activity.grid.frames_per_window = 589;
  activity.bits.assign(2 * 589, 0);
  const std::size_t second = activity.grid.first_frame(1);
  std::vector<std::size_t> ties;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double fewer = in[i] - 0.5;
    if (fewer < 0.0 || fewer != std::floor(fewer)) continue;
    ties.push_back(i);
    activity.bits[second + i] = static_cast<std::uint8_t>((1u << static_cast<unsigned>(fewer)) - 1);
    activity.bits[589 + i] = static_cast<std::uint8_t>((2u << static_cast<unsigned>(fewer)) - 1);
  }
  ASSERT_EQ(ties.size(), 4u);
  const auto counts = count_speakers(activity);
  for (const std::size_t i : ties) EXPECT_EQ(counts[second + i], out[i]) << in[i];
}

TEST(Masks, CleanFramesWhenThereAreEnough) {
  Activity activity;
  activity.grid.num_windows = 1;
  activity.grid.frames_per_window = 589;
  activity.bits.assign(589, 0);
  EXPECT_EQ(min_mask_frames(589, 160000, 400), 2u);
  for (std::size_t frame = 0; frame < 100; ++frame) activity.bits[frame] = 0b011;
  const auto sum = [&] {
    std::vector<float> mask(589);
    make_mask(activity, 0, 0, true, min_mask_frames(589, 160000, 400), mask);
    return std::count(mask.begin(), mask.end(), 1.0f);
  };
  EXPECT_EQ(sum(), 100);  // never alone: all frames in which the speaker talks
  activity.bits[100] = activity.bits[101] = 0b001;
  EXPECT_EQ(sum(), 102);  // two clean frames are not more than two
  activity.bits[102] = 0b001;
  EXPECT_EQ(sum(), 3);
}

}  // namespace
}  // namespace diar
