#include "tuning/oracle_clustering.h"

#include <algorithm>

#include "assign/nobody.h"
#include "core/assignment.h"

namespace diar {
namespace {

// [frames of the grid, speakers]: does the speaker talk in the middle of the frame?
std::vector<std::uint8_t> talking(const Annotation& reference, const std::vector<std::string>& speakers,
                                  const WindowGrid& grid) {
  const std::size_t num_frames = grid.num_frames();
  std::vector<std::uint8_t> result(num_frames * speakers.size(), 0);
  for (const Turn& turn : reference.turns()) {
    const auto speaker = static_cast<std::size_t>(
        std::lower_bound(speakers.begin(), speakers.end(), turn.speaker) - speakers.begin());
    const auto first =
        static_cast<std::size_t>(std::max(0L, grid.frames.closest_frame(turn.segment.start_s)));
    for (std::size_t frame = first; frame < num_frames; ++frame) {
      const double middle_s = grid.frames.middle_s(frame);
      if (middle_s >= turn.segment.end_s) break;
      if (middle_s >= turn.segment.start_s) result[frame * speakers.size() + speaker] = 1;
    }
  }
  return result;
}

}  // namespace

std::vector<std::int32_t> cluster_by_reference(const Activity& activity, const Annotation& reference) {
  const WindowGrid& grid = activity.grid;
  const std::vector<std::string> speakers = reference.speakers();
  std::vector<std::int32_t> cluster_of(grid.num_windows * grid.num_speakers, kNobody);
  if (speakers.empty()) return cluster_of;
  const std::vector<std::uint8_t> truth = talking(reference, speakers, grid);
  std::vector<double> shared(grid.num_speakers * speakers.size());
  for (std::size_t window = 0; window < grid.num_windows; ++window) {
    std::fill(shared.begin(), shared.end(), 0.0);
    for (std::size_t frame = 0; frame < grid.frames_per_window; ++frame) {
      const std::size_t row = (grid.first_frame(window) + frame) * speakers.size();
      for (std::size_t s = 0; s < grid.num_speakers; ++s) {
        if (!activity.active(window, frame, s) || row >= truth.size()) continue;
        for (std::size_t k = 0; k < speakers.size(); ++k) shared[s * speakers.size() + k] += truth[row + k];
      }
    }
    const std::vector<int> assigned = assign_maximum(shared, grid.num_speakers, speakers.size());
    for (std::size_t s = 0; s < grid.num_speakers; ++s) {
      const int k = assigned[s];
      if (k >= 0 && shared[s * speakers.size() + static_cast<std::size_t>(k)] > 0.0)
        cluster_of[window * grid.num_speakers + s] = k;
    }
  }
  return cluster_of;
}

}  // namespace diar
