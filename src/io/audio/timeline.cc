#include "io/audio/timeline.h"

#include <cmath>

namespace diar {
namespace {

// Containers round times to milliseconds and encoders' clocks jitter by packets: less is no gap. FFmpeg's own
// resampler fills from here on, too.
constexpr double kGap_s = 0.1;
// The first frame has no neighbour to touch, so it may be placed closely.
constexpr double kLead_s = 0.01;
// ffmpeg's -dts_delta_threshold.
constexpr double kRestart_s = 10.0;
constexpr double kBack_s = 1.0;

}  // namespace

double Timeline::silence_before_s(double time_s) {
  if (lost_) return 0.0;
  const double ahead_s = time_s - offset_s_ - position_s_;
  const double least_s = started_ ? kGap_s : kLead_s;
  started_ = true;
  if (!std::isfinite(ahead_s)) return 0.0;
  if (ahead_s < -kBack_s || (may_restart_ && ahead_s > kRestart_s)) {
    offset_s_ += ahead_s;
    restarted_ = true;
    return 0.0;
  }
  if (ahead_s <= least_s) return 0.0;
  position_s_ += ahead_s;
  return ahead_s;
}

}  // namespace diar
