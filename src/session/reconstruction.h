// Clusters of all windows and the number of speakers of each frame in, the speakers of each frame out.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "assign/activity.h"

namespace diar {

/// Called for each frame in order with the clusters that talk in it: 0 or 1 for each of `num_columns`
/// columns.
using FrameVisitor = std::function<void(std::size_t frame, std::span<const std::uint8_t> speaking)>;

/// Columns of the result: 1 + the largest cluster, but at least the largest count (a frame with more speakers
/// than clusters makes phantom speakers).
std::size_t num_columns(const std::vector<std::int32_t>& cluster_of, const std::vector<std::uint8_t>& count);

/// In each frame the windows that cover it vote for the clusters of their active speakers (a cluster once for
/// each window); the `count` clusters with the most votes talk, the lower number first among equals.
/// cluster_of [windows, local speakers], kNobody where nobody talks; count [num_frames]. Frame by frame:
/// memory does not grow with the recording.
void reconstruct(const Activity& activity, const std::vector<std::int32_t>& cluster_of,
                 const std::vector<std::uint8_t>& count, std::size_t columns, const FrameVisitor& visit);

}  // namespace diar
