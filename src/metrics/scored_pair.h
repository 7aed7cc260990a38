// Two annotations in, what of them is scored out, with numbers for names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "diar/metrics.h"
#include "metrics/timeline.h"

namespace diar {

struct ScoredTurn {
  Segment segment;
  std::size_t speaker = 0;  ///< index into `ScoredSide::speakers`
};

/// The scored part of one annotation.
struct ScoredSide {
  std::vector<std::string> speakers;  ///< those with scored time, sorted
  std::vector<ScoredTurn> turns;      ///< non-empty, ordered by (start, end)
};

struct ScoredPair {
  Timeline regions;
  ScoredSide reference;
  ScoredSide hypothesis;
};

/// Everything inside `options.uem`, without collars and overlap where the options say so. Throws
/// `InvalidArgument`, see metrics.h. Oracle: pyannote.metrics `UEMSupportMixin.uemify`.
ScoredPair scored_pair(const Annotation& reference, const Annotation& hypothesis,
                       const ScoringOptions& options);

/// The same with `options.uem` alone: no collar, no overlap left out.
ScoredPair scored_pair_without_collar(const Annotation& reference, const Annotation& hypothesis,
                                      const ScoringOptions& options);

/// One timeline for each speaker.
std::vector<Timeline> speaker_timelines(const ScoredSide& side);

/// All turns as one.
Timeline speech(const ScoredSide& side);

/// Index of the reference speaker of each hypothesis speaker, -1 without one. Maximises the shared time,
/// summed over pairs of turns. Equal sums are decided as in pyannote.metrics. O(pairs + speakers^3).
std::vector<int> map_speakers(const ScoredPair& pair);

/// Turns of each speaker that are open.
using OpenTurns = std::map<std::size_t, std::size_t>;

/// Calls `visit(segment, reference, hypothesis)` for each segment between two boundaries in which somebody
/// talks, in order; segments that are not longer than `precision_s` are skipped.
template <class Visit>
void sweep(const ScoredPair& pair, double precision_s, Visit&& visit);

/// A turn begins or ends.
struct Boundary {
  double time_s = 0.0;
  bool in_reference = false;
  bool begins = false;
  std::size_t speaker = 0;
};

/// All boundaries ordered by time.
std::vector<Boundary> boundaries(const ScoredPair& pair);

template <class Visit>
void sweep(const ScoredPair& pair, double precision_s, Visit&& visit) {
  OpenTurns reference;
  OpenTurns hypothesis;
  double start_s = 0.0;
  for (const Boundary& boundary : boundaries(pair)) {
    if (boundary.time_s - start_s > precision_s && (!reference.empty() || !hypothesis.empty())) {
      visit(Segment{start_s, boundary.time_s}, reference, hypothesis);
    }
    start_s = boundary.time_s;
    OpenTurns& open = boundary.in_reference ? reference : hypothesis;
    if (boundary.begins) {
      ++open[boundary.speaker];
    } else if (--open[boundary.speaker] == 0) {
      open.erase(boundary.speaker);
    }
  }
}

}  // namespace diar
