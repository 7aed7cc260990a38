#include "diar/overlap.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace diar {
namespace {

struct Edge {
  double time_s;
  int change;  // +1 a turn starts, -1 it ends
  std::string_view speaker;
};

std::vector<Edge> edges_of(const Annotation& annotation) {
  std::vector<Edge> edges;
  edges.reserve(2 * annotation.turns().size());
  for (const Turn& turn : annotation.turns()) {
    if (turn.segment.duration_s() <= 0.0) continue;
    edges.push_back({turn.segment.start_s, +1, turn.speaker});
    edges.push_back({turn.segment.end_s, -1, turn.speaker});
  }
  // At one instant starts come first, so that touching segments join.
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return a.time_s != b.time_s ? a.time_s < b.time_s : a.change > b.change;
  });
  return edges;
}

}  // namespace

std::vector<Segment> segments_with_speakers(const Annotation& annotation, std::size_t min_speakers) {
  std::vector<Segment> segments;
  // A speaker may have turns that overlap each other; that is still one speaker.
  std::map<std::string_view, std::size_t> open_turns;
  std::size_t num_active = 0;
  double start_s = 0.0;
  for (const Edge& edge : edges_of(annotation)) {
    const bool before = num_active >= min_speakers;
    std::size_t& open = open_turns[edge.speaker];
    if (edge.change > 0) {
      num_active += open++ == 0 ? 1 : 0;
    } else {
      num_active -= --open == 0 ? 1 : 0;
    }
    const bool after = num_active >= min_speakers;
    if (!before && after) start_s = edge.time_s;
    // Two speakers who take over from each other at one instant do not overlap.
    if (before && !after && edge.time_s > start_s) segments.push_back({start_s, edge.time_s});
  }
  return segments;
}

double total_s(const std::vector<Segment>& segments) noexcept {
  double sum_s = 0.0;
  for (const Segment& segment : segments) sum_s += segment.duration_s();
  return sum_s;
}

}  // namespace diar
