// The clock of the pipeline: where windows and frames lie in time, in pyannote's arithmetic.
#pragma once

#include <cmath>
#include <cstddef>

namespace diar {

/// Evenly spaced, equally long stretches of time, as pyannote.core's SlidingWindow.
struct SlidingWindow {
  double start_s = 0.0;
  double duration_s = 0.0;
  double step_s = 0.0;

  /// Middle of stretch `index`: start + index * step + duration / 2.
  double middle_s(std::size_t index) const noexcept {
    return start_s + static_cast<double>(index) * step_s + 0.5 * duration_s;
  }
  /// Index of the stretch whose middle is closest to `time_s`, ties to even as numpy's rint.
  long closest_frame(double time_s) const noexcept {
    return std::lrint((time_s - start_s - 0.5 * duration_s) / step_s);
  }
};

/// One output frame of the segmentation network: receptive field 991 samples, step 270, at 16 kHz.
inline constexpr SlidingWindow kSegmentationFrames{0.0, 991.0 / 16000.0, 270.0 / 16000.0};

}  // namespace diar
