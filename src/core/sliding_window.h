// The clock of the pipeline: where windows and frames lie in time, in pyannote's arithmetic.
#pragma once

#include <cmath>
#include <cstddef>

namespace diar {

/// Evenly spaced, equally long spans of time, as pyannote.core's SlidingWindow.
struct SlidingWindow {
  double start_s = 0.0;
  double duration_s = 0.0;
  double step_s = 0.0;

  /// Middle of span `index`. The order of operations is pyannote.core's: durations in RTTM are often
  /// decimal ties, so the last bit decides the third decimal (the build forbids fused multiply-add for the
  /// same reason).
  double middle_s(std::size_t index) const noexcept {
    const double begin_s = start_s + static_cast<double>(index) * step_s;
    const double end_s = begin_s + duration_s;
    return 0.5 * (begin_s + end_s);
  }
  /// Index of the span whose middle is closest to `time_s`, ties to even as numpy's rint.
  long closest_frame(double time_s) const noexcept {
    return std::lrint((time_s - start_s - 0.5 * duration_s) / step_s);
  }
};

/// One output frame of pyannote's segmentation network: receptive field 991 samples, step 270, at 16 kHz.
inline constexpr SlidingWindow kSegmentationFrames{0.0, 991.0 / 16000.0, 270.0 / 16000.0};

}  // namespace diar
