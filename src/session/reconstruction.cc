#include "session/reconstruction.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "assign/nobody.h"

namespace diar {
namespace {

// Adds one window's votes for one frame.
void vote(const Activity& activity, const std::vector<std::int32_t>& cluster_of, std::size_t window,
          std::size_t frame, std::vector<std::uint32_t>& votes) {
  const std::uint8_t bits = activity.at(window, frame);
  if (bits == 0) return;
  std::array<std::int32_t, kMaxLocalSpeakers> voted;
  voted.fill(kNobody);
  const std::size_t num_speakers = activity.grid.num_speakers;
  for (std::size_t s = 0; s < num_speakers; ++s) {
    const std::int32_t cluster = cluster_of[window * num_speakers + s];
    const bool talks = (bits >> s & 1) != 0 && cluster >= 0;
    // Two local speakers of one cluster are one voice.
    if (talks && std::find(voted.begin(), voted.begin() + s, cluster) == voted.begin() + s) {
      voted[s] = cluster;
      ++votes[static_cast<std::size_t>(cluster)];
    }
  }
}

// Switches on the `count` columns with the most votes.
void choose(const std::vector<std::uint32_t>& votes, std::size_t count, std::vector<std::size_t>& order,
            std::vector<std::uint8_t>& speaking) {
  std::fill(speaking.begin(), speaking.end(), std::uint8_t{0});
  if (count == 0) return;
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto more_votes = [&](std::size_t a, std::size_t b) {
    return votes[a] != votes[b] ? votes[a] > votes[b] : a < b;
  };
  const std::size_t chosen = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(chosen), order.end(),
                    more_votes);
  for (std::size_t i = 0; i < chosen; ++i) speaking[order[i]] = 1;
}

}  // namespace

std::size_t num_columns(const std::vector<std::int32_t>& cluster_of, const std::vector<std::uint8_t>& count) {
  std::int32_t last = -1;
  for (const std::int32_t cluster : cluster_of) last = std::max(last, cluster);
  const std::size_t most = count.empty() ? 0 : *std::max_element(count.begin(), count.end());
  return std::max(static_cast<std::size_t>(last + 1), most);
}

void reconstruct(const Activity& activity, const std::vector<std::int32_t>& cluster_of,
                 const std::vector<std::uint8_t>& count, std::size_t columns, const FrameVisitor& visit) {
  const WindowGrid& grid = activity.grid;
  std::vector<std::uint32_t> votes(columns);
  std::vector<std::size_t> order(columns);
  std::vector<std::uint8_t> speaking(columns);
  // Windows in [first_open, next_window) cover the current frame.
  std::size_t first_open = 0;
  std::size_t next_window = 0;
  for (std::size_t frame = 0; frame < count.size(); ++frame) {
    while (next_window < grid.num_windows && grid.first_frame(next_window) <= frame) ++next_window;
    while (first_open < next_window && grid.first_frame(first_open) + grid.frames_per_window <= frame)
      ++first_open;
    std::fill(votes.begin(), votes.end(), 0u);
    if (count[frame] > 0) {
      for (std::size_t window = first_open; window < next_window; ++window) {
        vote(activity, cluster_of, window, frame - grid.first_frame(window), votes);
      }
    }
    choose(votes, count[frame], order, speaking);
    visit(frame, speaking);
  }
}

}  // namespace diar
