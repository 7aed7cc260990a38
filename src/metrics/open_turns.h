// The turns that are open at one moment in, how many of them are right and wrong out.
#pragma once

#include <algorithm>
#include <vector>

#include "metrics/scored_pair.h"

namespace diar {

struct TurnCounts {
  std::size_t reference = 0;
  std::size_t hypothesis = 0;
  std::size_t correct = 0;

  std::size_t missed_detection() const { return reference > hypothesis ? reference - hypothesis : 0; }
  std::size_t false_alarm() const { return hypothesis > reference ? hypothesis - reference : 0; }
  std::size_t confusion() const { return std::min(reference, hypothesis) - correct; }
};

/// How many open turns of a hypothesis speaker meet one of the reference speaker that it is mapped to.
inline std::size_t num_correct(std::size_t speaker, std::size_t num_open, const OpenTurns& reference,
                               const std::vector<int>& mapped) {
  if (mapped[speaker] < 0) return 0;
  const auto partner = reference.find(static_cast<std::size_t>(mapped[speaker]));
  return partner == reference.end() ? 0 : std::min(num_open, partner->second);
}

/// `mapped` as `map_speakers` gives it.
inline TurnCounts count_turns(const OpenTurns& reference, const OpenTurns& hypothesis,
                              const std::vector<int>& mapped) {
  TurnCounts counts;
  for (const auto& [speaker, num_open] : reference) counts.reference += num_open;
  for (const auto& [speaker, num_open] : hypothesis) {
    counts.hypothesis += num_open;
    counts.correct += num_correct(speaker, num_open, reference, mapped);
  }
  return counts;
}

}  // namespace diar
