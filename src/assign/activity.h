// Who is active in which frame of which window: the pipeline's record of the segmentation, one byte a frame.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/sliding_window.h"
#include "diar/networks.h"

namespace diar {

/// Where windows and frames lie. Frames of all windows share one grid, `frames`.
struct WindowGrid {
  double duration_s = 10.0;
  double step_s = 1.0;
  std::size_t num_windows = 0;
  std::size_t frames_per_window = 0;
  std::size_t num_speakers = 3;                ///< local speakers of a window
  SlidingWindow frames = kSegmentationFrames;  ///< of the segmentation network

  /// First frame of a window on the common grid: rint(start / frame step).
  std::size_t first_frame(std::size_t window) const {
    return static_cast<std::size_t>(
        frames.closest_frame(static_cast<double>(window) * step_s + 0.5 * frames.duration_s));
  }
  /// Frames of the whole recording, the padding of the last window included.
  std::size_t num_frames() const {
    if (num_windows == 0) return 0;
    const double end_s = static_cast<double>(num_windows - 1) * step_s + duration_s;
    return static_cast<std::size_t>(frames.closest_frame(end_s + 0.5 * frames.duration_s)) + 1;
  }
};

/// Bit s of a byte: local speaker s is active. Row-major [windows, frames].
struct Activity {
  WindowGrid grid;
  std::vector<std::uint8_t> bits;

  std::uint8_t at(std::size_t window, std::size_t frame) const {
    return bits[window * grid.frames_per_window + frame];
  }
  bool active(std::size_t window, std::size_t frame, std::size_t local_speaker) const {
    return (at(window, frame) >> local_speaker & 1) != 0;
  }
  bool has_speakers(std::size_t window) const {
    const auto begin = bits.begin() + static_cast<std::ptrdiff_t>(window * grid.frames_per_window);
    return std::any_of(begin, begin + static_cast<std::ptrdiff_t>(grid.frames_per_window),
                       [](std::uint8_t frame) { return frame != 0; });
  }
  /// Frames in which the speaker talks, alone or not.
  std::size_t active_frames(std::size_t window, std::size_t local_speaker) const {
    std::size_t count = 0;
    for (std::size_t frame = 0; frame < grid.frames_per_window; ++frame)
      count += active(window, frame, local_speaker) ? 1 : 0;
    return count;
  }
  /// Frames in which nobody else talks.
  std::size_t sole_frames(std::size_t window, std::size_t local_speaker) const {
    std::size_t count = 0;
    for (std::size_t frame = 0; frame < grid.frames_per_window; ++frame)
      count += at(window, frame) == 1u << local_speaker ? 1 : 0;
    return count;
  }
};

}  // namespace diar
