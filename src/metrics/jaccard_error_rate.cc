#include <vector>

#include "core/assignment.h"
#include "diar/metrics.h"
#include "metrics/scored_pair.h"

namespace diar {

double JaccardErrorRate::rate() const noexcept {
  if (num_reference_speakers == 0) return num_hypothesis_speakers > 0 ? 1.0 : 0.0;
  return error_sum / static_cast<double>(num_reference_speakers);
}

JaccardErrorRate& JaccardErrorRate::operator+=(const JaccardErrorRate& other) noexcept {
  error_sum += other.error_sum;
  num_reference_speakers += other.num_reference_speakers;
  num_hypothesis_speakers += other.num_hypothesis_speakers;
  return *this;
}

// error[r, h] = 1 - |r and h| / |r or h| in seconds; each reference speaker gets the error of its partner
// under the assignment with the least sum, 1 without a partner. Source: dscore `jer`, DIHARD II plan 1.1.
JaccardErrorRate jaccard_error_rate(const Annotation& reference, const Annotation& hypothesis,
                                    const ScoringOptions& options) {
  const ScoredPair pair = scored_pair_without_collar(reference, hypothesis, options);
  const std::size_t rows = pair.reference.speakers.size();
  const std::size_t columns = pair.hypothesis.speakers.size();
  std::vector<double> reference_s(rows, 0.0);
  std::vector<double> hypothesis_s(columns, 0.0);
  std::vector<double> both_s(rows * columns, 0.0);
  sweep(pair, 0.0, [&](const Segment& region, const OpenTurns& in_reference, const OpenTurns& in_hypothesis) {
    for (const auto& [r, num_open] : in_reference) {
      reference_s[r] += region.duration_s();
      for (const auto& [h, also_open] : in_hypothesis) both_s[r * columns + h] += region.duration_s();
    }
    for (const auto& [h, num_open] : in_hypothesis) hypothesis_s[h] += region.duration_s();
  });
  std::vector<double> jaccard(rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t h = 0; h < columns; ++h) {
      const double shared_s = both_s[r * columns + h];
      jaccard[r * columns + h] = shared_s / (reference_s[r] + hypothesis_s[h] - shared_s);
    }
  }
  const std::vector<int> partner = assign_maximum(jaccard, rows, columns);
  JaccardErrorRate result{0.0, rows, columns};
  for (std::size_t r = 0; r < rows; ++r) {
    result.error_sum +=
        partner[r] < 0 ? 1.0 : 1.0 - jaccard[r * columns + static_cast<std::size_t>(partner[r])];
  }
  return result;
}

}  // namespace diar
