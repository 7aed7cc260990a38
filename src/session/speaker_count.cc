#include "session/speaker_count.h"

#include <algorithm>

namespace diar {

std::vector<std::uint8_t> count_speakers(const Activity& activity) {
  const WindowGrid& grid = activity.grid;
  const std::size_t num_frames = grid.num_frames();
  std::vector<std::uint8_t> count(num_frames, 0);
  // Integers, so that the sums and the rounding below are exact.
  std::vector<std::uint32_t> votes(num_frames, 0);
  std::vector<std::uint32_t> coverage(num_frames, 0);
  for (std::size_t window = 0; window < grid.num_windows; ++window) {
    const std::size_t first = grid.first_frame(window);
    const std::size_t frames = std::min(grid.frames_per_window, num_frames - std::min(first, num_frames));
    for (std::size_t frame = 0; frame < frames; ++frame) {
      votes[first + frame] += static_cast<std::uint32_t>(std::popcount(activity.at(window, frame)));
      ++coverage[first + frame];
    }
  }
  for (std::size_t frame = 0; frame < num_frames; ++frame) {
    if (coverage[frame] == 0) continue;
    const std::uint32_t whole = votes[frame] / coverage[frame];
    const std::uint32_t twice_rest = 2 * (votes[frame] % coverage[frame]);
    const bool up = twice_rest > coverage[frame] || (twice_rest == coverage[frame] && whole % 2 == 1);
    count[frame] = static_cast<std::uint8_t>(whole + (up ? 1 : 0));
  }
  return count;
}

}  // namespace diar
