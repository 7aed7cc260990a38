// Sets of time as sorted, disjoint segments, with the tolerance of pyannote.core.
#pragma once

#include <algorithm>
#include <vector>

#include "diar/annotation.h"

namespace diar {

/// Sorted, disjoint, none empty.
using Timeline = std::vector<Segment>;

/// pyannote.core takes shorter segments for empty and closes shorter gaps.
constexpr double kSegmentPrecision_s = 1e-6;

inline bool is_empty(const Segment& segment) {
  return !(segment.end_s - segment.start_s > kSegmentPrecision_s);
}

/// Union of segments in any order; empty ones are dropped, gaps of up to a microsecond closed.
Timeline support(std::vector<Segment> segments);

/// What `timeline` leaves free of `regions`.
Timeline gaps(const Timeline& timeline, const Timeline& regions);

/// Total length.
double duration_s(const Timeline& timeline);

/// Total length of the non-empty pieces that both have.
double shared_s(const Timeline& a, const Timeline& b);

/// Calls `visit(piece)` with each non-empty piece of `segment` inside `regions`, in order. O(log + pieces).
template <class Visit>
void clip(const Segment& segment, const Timeline& regions, Visit&& visit);

/// First region that ends after `time_s`.
Timeline::const_iterator first_ending_after(const Timeline& regions, double time_s);

template <class Visit>
void clip(const Segment& segment, const Timeline& regions, Visit&& visit) {
  for (auto region = first_ending_after(regions, segment.start_s);
       region != regions.end() && region->start_s < segment.end_s; ++region) {
    const Segment piece{std::max(segment.start_s, region->start_s), std::min(segment.end_s, region->end_s)};
    if (!is_empty(piece)) visit(piece);
  }
}

}  // namespace diar
