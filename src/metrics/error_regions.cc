#include "diar/metrics.h"
#include "metrics/open_turns.h"
#include "metrics/scored_pair.h"

namespace diar {
namespace {

// Those of whom more turns are open than are right, once for each such turn.
std::vector<std::string> names_left(const OpenTurns& open, const OpenTurns& right,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> left;
  for (const auto& [speaker, num_open] : open) {
    const auto found = right.find(speaker);
    const std::size_t num_right = found == right.end() ? 0 : found->second;
    left.insert(left.end(), num_open - num_right, names[speaker]);
  }
  return left;
}

bool continues(const ErrorRegion& last, const ErrorRegion& next) {
  return last.segment.end_s == next.segment.start_s && last.missed_detection == next.missed_detection &&
         last.false_alarm == next.false_alarm && last.confusion == next.confusion &&
         last.reference == next.reference && last.hypothesis == next.hypothesis;
}

}  // namespace

std::vector<ErrorRegion> error_regions(const Annotation& reference, const Annotation& hypothesis,
                                       const ScoringOptions& options) {
  const ScoredPair pair = scored_pair(reference, hypothesis, options);
  const std::vector<int> mapped = map_speakers(pair);
  std::vector<ErrorRegion> regions;
  sweep(pair, kSegmentPrecision_s,
        [&](const Segment& segment, const OpenTurns& in_reference, const OpenTurns& in_hypothesis) {
          const TurnCounts counts = count_turns(in_reference, in_hypothesis, mapped);
          if (counts.reference == counts.correct && counts.hypothesis == counts.correct) return;
          OpenTurns right_reference;
          OpenTurns right_hypothesis;
          for (const auto& [speaker, num_open] : in_hypothesis) {
            const std::size_t correct = num_correct(speaker, num_open, in_reference, mapped);
            if (correct == 0) continue;
            right_hypothesis[speaker] = correct;
            right_reference[static_cast<std::size_t>(mapped[speaker])] = correct;
          }
          ErrorRegion region{segment,
                             counts.missed_detection(),
                             counts.false_alarm(),
                             counts.confusion(),
                             names_left(in_reference, right_reference, pair.reference.speakers),
                             names_left(in_hypothesis, right_hypothesis, pair.hypothesis.speakers)};
          if (!regions.empty() && continues(regions.back(), region)) {
            regions.back().segment.end_s = region.segment.end_s;
          } else {
            regions.push_back(std::move(region));
          }
        });
  return regions;
}

}  // namespace diar
