#include "metrics/timeline.h"

#include <algorithm>
#include <tuple>

namespace diar {

Timeline support(std::vector<Segment> segments) {
  std::erase_if(segments, is_empty);
  std::sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return std::tie(a.start_s, a.end_s) < std::tie(b.start_s, b.end_s);
  });
  Timeline merged;
  for (const Segment& segment : segments) {
    if (!merged.empty() && is_empty({merged.back().end_s, segment.start_s})) {
      merged.back().end_s = std::max(merged.back().end_s, segment.end_s);
    } else {
      merged.push_back(segment);
    }
  }
  return merged;
}

Timeline gaps(const Timeline& timeline, const Timeline& regions) {
  Timeline free;
  const auto add = [&](const Segment& gap) {
    if (!is_empty(gap)) free.push_back(gap);
  };
  for (const Segment& region : regions) {
    double end_s = region.start_s;
    clip(region, timeline, [&](const Segment& taken) {
      add({end_s, taken.start_s});
      end_s = taken.end_s;
    });
    add({end_s, region.end_s});
  }
  return free;
}

double duration_s(const Timeline& timeline) {
  double total_s = 0.0;
  for (const Segment& segment : timeline) total_s += segment.duration_s();
  return total_s;
}

double shared_s(const Timeline& a, const Timeline& b) {
  double total_s = 0.0;
  for (const Segment& segment : a) {
    clip(segment, b, [&](const Segment& piece) { total_s += piece.duration_s(); });
  }
  return total_s;
}

Timeline::const_iterator first_ending_after(const Timeline& regions, double time_s) {
  return std::upper_bound(regions.begin(), regions.end(), time_s,
                          [](double time, const Segment& region) { return time < region.end_s; });
}

}  // namespace diar
