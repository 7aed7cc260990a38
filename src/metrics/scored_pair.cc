#include "metrics/scored_pair.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "core/assignment.h"
#include "core/letter_name.h"
#include "diar/errors.h"

namespace diar {
namespace {

// Tables are speakers x speakers, and the assignment cubic: beyond this a file is broken or hostile.
constexpr std::size_t kMaxSpeakers = 2000;

void check(const ScoringOptions& options) {
  if (!(options.collar_s >= 0.0) || !std::isfinite(options.collar_s)) {
    throw InvalidArgument("a collar must not be negative");
  }
  for (const Segment& region : options.uem.value_or(std::vector<Segment>())) {
    if (!std::isfinite(region.start_s) || !std::isfinite(region.end_s)) {
      throw InvalidArgument("the times of scored regions must be finite");
    }
  }
}

void check(const Annotation& annotation) {
  for (const Turn& turn : annotation.turns()) {
    if (!std::isfinite(turn.segment.start_s) || !std::isfinite(turn.segment.end_s)) {
      throw InvalidArgument("the times of '" + annotation.uri() + "' must be finite to be scored");
    }
  }
}

std::vector<Segment> segments_of(const Annotation& annotation) {
  std::vector<Segment> segments;
  for (const Turn& turn : annotation.turns()) {
    if (!is_empty(turn.segment)) segments.push_back(turn.segment);
  }
  return segments;
}

Timeline extent(const Annotation& reference, const Annotation& hypothesis) {
  Segment all{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const Annotation* annotation : {&reference, &hypothesis}) {
    for (const Segment& segment : segments_of(*annotation)) {
      all.start_s = std::min(all.start_s, segment.start_s);
      all.end_s = std::max(all.end_s, segment.end_s);
    }
  }
  return support({all});
}

// Collars around the reference's boundaries and, where asked for, its overlap.
Timeline left_out(const Annotation& reference, const ScoringOptions& options) {
  const std::vector<Segment> turns = segments_of(reference);
  std::vector<Segment> segments;
  if (options.collar_s > 0.0) {
    for (const Segment& turn : turns) {
      for (const double time_s : {turn.start_s, turn.end_s}) {
        segments.push_back({time_s - 0.5 * options.collar_s, time_s + 0.5 * options.collar_s});
      }
    }
  }
  if (options.skip_overlap) {
    // Turns come by their start: a turn overlaps the earlier ones from there to the latest of their ends.
    double latest_end_s = -std::numeric_limits<double>::infinity();
    for (const Segment& turn : turns) {
      segments.push_back({turn.start_s, std::min(turn.end_s, latest_end_s)});
      latest_end_s = std::max(latest_end_s, turn.end_s);
    }
  }
  return support(std::move(segments));
}

ScoredSide crop(const Annotation& annotation, const Timeline& regions) {
  std::vector<Turn> pieces;
  for (const Turn& turn : annotation.turns()) {
    clip(turn.segment, regions, [&](const Segment& piece) { pieces.push_back({piece, turn.speaker}); });
  }
  const Annotation cropped(annotation.uri(), std::move(pieces));
  ScoredSide side{cropped.speakers(), {}};
  if (side.speakers.size() > kMaxSpeakers) {
    throw InvalidArgument("'" + annotation.uri() + "' has " + std::to_string(side.speakers.size()) +
                          " speakers; at most " + std::to_string(kMaxSpeakers) + " can be scored");
  }
  side.turns.reserve(cropped.turns().size());
  for (const Turn& turn : cropped.turns()) {
    const auto name = std::lower_bound(side.speakers.begin(), side.speakers.end(), turn.speaker);
    side.turns.push_back({turn.segment, static_cast<std::size_t>(name - side.speakers.begin())});
  }
  return side;
}

ScoredPair crop(const Annotation& reference, const Annotation& hypothesis, Timeline regions) {
  ScoredPair pair;
  pair.reference = crop(reference, regions);
  pair.hypothesis = crop(hypothesis, regions);
  pair.regions = std::move(regions);
  return pair;
}

Timeline uem_regions(const Annotation& reference, const Annotation& hypothesis,
                     const ScoringOptions& options) {
  check(options);
  check(reference);
  check(hypothesis);
  return options.uem ? support(*options.uem) : extent(reference, hypothesis);
}

// Place of each speaker among all, ordered by the names that `name` gives to the numbers.
template <class Name>
std::vector<std::size_t> places(std::size_t num_speakers, Name&& name) {
  std::vector<std::pair<std::string, std::size_t>> names;
  for (std::size_t speaker = 0; speaker < num_speakers; ++speaker) names.emplace_back(name(speaker), speaker);
  std::sort(names.begin(), names.end());
  std::vector<std::size_t> place(num_speakers);
  for (std::size_t i = 0; i < num_speakers; ++i) place[names[i].second] = i;
  return place;
}

std::size_t end_of_equal(const std::vector<ScoredTurn>& turns, std::size_t first) {
  std::size_t last = first;
  while (last < turns.size() && turns[last].segment == turns[first].segment) ++last;
  return last;
}

// Calls add(hypothesis turn, reference turn, shared seconds) for all pairs that share time, in pyannote's
// order, so that sums come out equal to the last bit and ties are ties there and here.
template <class Add>
void for_each_shared(const ScoredPair& pair, Add&& add) {
  const auto& hypothesis = pair.hypothesis.turns;
  const auto& reference = pair.reference.turns;
  std::vector<double> latest_end_s;  // of all turns up to this one
  latest_end_s.reserve(reference.size());
  for (const ScoredTurn& turn : reference) {
    latest_end_s.push_back(latest_end_s.empty() ? turn.segment.end_s
                                                : std::max(latest_end_s.back(), turn.segment.end_s));
  }
  for (std::size_t h = 0; h < hypothesis.size(); h = end_of_equal(hypothesis, h)) {
    const Segment& segment = hypothesis[h].segment;
    const auto first = std::upper_bound(latest_end_s.begin(), latest_end_s.end(), segment.start_s);
    auto r = static_cast<std::size_t>(first - latest_end_s.begin());
    for (; r < reference.size() && reference[r].segment.start_s < segment.end_s;
         r = end_of_equal(reference, r)) {
      const Segment both{std::max(segment.start_s, reference[r].segment.start_s),
                         std::min(segment.end_s, reference[r].segment.end_s)};
      if (is_empty(both)) continue;
      for (std::size_t i = h; i < end_of_equal(hypothesis, h); ++i) {
        for (std::size_t j = r; j < end_of_equal(reference, r); ++j) {
          add(hypothesis[i].speaker, reference[j].speaker, both.duration_s());
        }
      }
    }
  }
}

}  // namespace

ScoredPair scored_pair(const Annotation& reference, const Annotation& hypothesis,
                       const ScoringOptions& options) {
  Timeline regions = uem_regions(reference, hypothesis, options);
  if (options.collar_s > 0.0 || options.skip_overlap) regions = gaps(left_out(reference, options), regions);
  return crop(reference, hypothesis, std::move(regions));
}

ScoredPair scored_pair_without_collar(const Annotation& reference, const Annotation& hypothesis,
                                      const ScoringOptions& options) {
  return crop(reference, hypothesis, uem_regions(reference, hypothesis, options));
}

std::vector<Timeline> speaker_timelines(const ScoredSide& side) {
  std::vector<std::vector<Segment>> segments(side.speakers.size());
  for (const ScoredTurn& turn : side.turns) segments[turn.speaker].push_back(turn.segment);
  std::vector<Timeline> timelines;
  timelines.reserve(segments.size());
  for (auto& speaker : segments) timelines.push_back(support(std::move(speaker)));
  return timelines;
}

Timeline speech(const ScoredSide& side) {
  std::vector<Segment> segments;
  for (const ScoredTurn& turn : side.turns) segments.push_back(turn.segment);
  return support(std::move(segments));
}

std::vector<int> map_speakers(const ScoredPair& pair) {
  const std::size_t rows = pair.hypothesis.speakers.size();
  const std::size_t columns = pair.reference.speakers.size();
  // pyannote renames the hypothesis to 0, 1, ... and the reference to A, B, ... and sorts both as text.
  const auto row = places(rows, [](std::size_t speaker) { return std::to_string(speaker); });
  const auto column = places(columns, letter_name);
  std::vector<double> shared_s(rows * columns, 0.0);
  for_each_shared(pair, [&](std::size_t h, std::size_t r, double both_s) {
    shared_s[row[h] * columns + column[r]] += both_s;
  });
  const std::vector<int> assigned = assign_maximum(shared_s, rows, columns);
  std::vector<int> mapped(rows, -1);
  for (std::size_t h = 0; h < rows; ++h) {
    for (std::size_t r = 0; r < columns; ++r) {
      if (assigned[row[h]] == static_cast<int>(column[r]) && shared_s[row[h] * columns + column[r]] > 0.0) {
        mapped[h] = static_cast<int>(r);
      }
    }
  }
  return mapped;
}

std::vector<Boundary> boundaries(const ScoredPair& pair) {
  std::vector<Boundary> all;
  for (const bool in_reference : {true, false}) {
    for (const ScoredTurn& turn : (in_reference ? pair.reference : pair.hypothesis).turns) {
      all.push_back({turn.segment.start_s, in_reference, true, turn.speaker});
      all.push_back({turn.segment.end_s, in_reference, false, turn.speaker});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Boundary& a, const Boundary& b) { return a.time_s < b.time_s; });
  return all;
}

}  // namespace diar
