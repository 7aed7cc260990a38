#include <algorithm>

#include "diar/metrics.h"
#include "metrics/open_turns.h"
#include "metrics/scored_pair.h"

namespace diar {

double DiarizationErrorRate::rate() const noexcept {
  const double errors_s = missed_detection_s + false_alarm_s + confusion_s;
  if (total_s > 0.0) return errors_s / total_s;
  return errors_s > 0.0 ? 1.0 : 0.0;
}

DiarizationErrorRate& DiarizationErrorRate::operator+=(const DiarizationErrorRate& other) noexcept {
  total_s += other.total_s;
  correct_s += other.correct_s;
  missed_detection_s += other.missed_detection_s;
  false_alarm_s += other.false_alarm_s;
  confusion_s += other.confusion_s;
  return *this;
}

// With R reference turns and H hypothesis turns open, of which C are of mapped speakers:
//     missed = max(0, R - H)   false alarm = max(0, H - R)   confusion = min(R, H) - C
DiarizationErrorRate diarization_error_rate(const Annotation& reference, const Annotation& hypothesis,
                                            const ScoringOptions& options) {
  const ScoredPair pair = scored_pair(reference, hypothesis, options);
  const std::vector<int> mapped = map_speakers(pair);
  DiarizationErrorRate result;
  sweep(pair, kSegmentPrecision_s,
        [&](const Segment& region, const OpenTurns& in_reference, const OpenTurns& in_hypothesis) {
          const TurnCounts counts = count_turns(in_reference, in_hypothesis, mapped);
          const double duration_s = region.duration_s();
          result.total_s += duration_s * static_cast<double>(counts.reference);
          result.correct_s += duration_s * static_cast<double>(counts.correct);
          result.missed_detection_s += duration_s * static_cast<double>(counts.missed_detection());
          result.false_alarm_s += duration_s * static_cast<double>(counts.false_alarm());
          result.confusion_s += duration_s * static_cast<double>(counts.confusion());
        });
  return result;
}

std::map<std::string, std::string> optimal_mapping(const Annotation& reference, const Annotation& hypothesis,
                                                   const ScoringOptions& options) {
  const ScoredPair pair = scored_pair(reference, hypothesis, options);
  const std::vector<int> mapped = map_speakers(pair);
  std::map<std::string, std::string> names;
  for (std::size_t h = 0; h < mapped.size(); ++h) {
    if (mapped[h] >= 0)
      names[pair.hypothesis.speakers[h]] = pair.reference.speakers[static_cast<std::size_t>(mapped[h])];
  }
  return names;
}

std::vector<Segment> scored_regions(const Annotation& reference, const Annotation& hypothesis,
                                    const ScoringOptions& options) {
  return scored_pair(reference, hypothesis, options).regions;
}

}  // namespace diar
