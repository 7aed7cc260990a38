#include <algorithm>

#include "diar/metrics.h"
#include "metrics/scored_pair.h"

namespace diar {
namespace {

// Length of a speaker inside a cluster, with pyannote's closing of gaps at each step.
double length_inside_s(const Timeline& speaker, const Timeline& cluster) {
  std::vector<Segment> pieces;
  for (const Segment& segment : speaker) {
    clip(segment, cluster, [&](const Segment& piece) { pieces.push_back(piece); });
  }
  return duration_s(support(std::move(pieces)));
}

}  // namespace

double ClusterPurity::rate() const noexcept {
  return total_s > 0.0 ? correct_s / total_s : 1.0;
}

ClusterPurity& ClusterPurity::operator+=(const ClusterPurity& other) noexcept {
  total_s += other.total_s;
  correct_s += other.correct_s;
  return *this;
}

ClusterPurity cluster_purity(const Annotation& reference, const Annotation& hypothesis,
                             const ScoringOptions& options) {
  const ScoredPair pair = scored_pair_without_collar(reference, hypothesis, options);
  const std::vector<Timeline> speakers = speaker_timelines(pair.reference);
  ClusterPurity purity;
  for (const Timeline& cluster : speaker_timelines(pair.hypothesis)) {
    double largest_s = 0.0;
    for (const Timeline& speaker : speakers)
      largest_s = std::max(largest_s, length_inside_s(speaker, cluster));
    purity.total_s += duration_s(cluster);
    purity.correct_s += largest_s;
  }
  return purity;
}

}  // namespace diar
