#include "diar/metrics.h"
#include "metrics/scored_pair.h"

namespace diar {

double DetectionErrorRate::rate() const noexcept {
  const double errors_s = missed_detection_s + false_alarm_s;
  if (total_s > 0.0) return errors_s / total_s;
  return errors_s > 0.0 ? 1.0 : 0.0;
}

DetectionErrorRate& DetectionErrorRate::operator+=(const DetectionErrorRate& other) noexcept {
  total_s += other.total_s;
  missed_detection_s += other.missed_detection_s;
  false_alarm_s += other.false_alarm_s;
  return *this;
}

DetectionErrorRate detection_error_rate(const Annotation& reference, const Annotation& hypothesis,
                                        const ScoringOptions& options) {
  const ScoredPair pair = scored_pair(reference, hypothesis, options);
  const Timeline spoken = speech(pair.reference);
  const Timeline found = speech(pair.hypothesis);
  return {duration_s(spoken), shared_s(spoken, gaps(found, pair.regions)),
          shared_s(gaps(spoken, pair.regions), found)};
}

}  // namespace diar
