// Turns in any arrangement in, tiers whose intervals never overlap out, as Praat and ELAN need them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diar/annotation.h"

namespace diar {

/// A segment on one tier in integer ticks; end > start.
struct TierInterval {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

struct Tier {
  std::string speaker;
  std::size_t number = 1;  ///< a speaker whose turns overlap each other gets tiers 1, 2, ...
  std::vector<TierInterval> intervals;
};

/// Speakers in order of their names. Turns without length at this resolution are left out; a speaker with
/// none left still has a tier. Throws like `require_distinct`.
/// O(turns log turns).
std::vector<Tier> tiers_of(const Annotation& annotation, double ticks_per_s);

}  // namespace diar
