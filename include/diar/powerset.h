// Log-probabilities of the segmentation network in, probabilities and the decision of each frame out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "diar/export.h"

namespace diar {

/// Both take log_probs [frames, 7] as `SegmentationModel::run` writes them; classes are nobody, A, B, C, A+B,
/// A+C, B+C. Pure functions, safe from any thread. Throw `InvalidArgument` when the size is no multiple of 7.

/// exp of every entry: probabilities [frames, 7]; each frame's sum is 1.
DIAR_API std::vector<float> class_probabilities(std::span<const float> log_probs);

/// The members of each frame's likeliest class (the first one among equals), as bits: bit s is set when local
/// speaker s talks. [frames]
DIAR_API std::vector<std::uint8_t> frame_decisions(std::span<const float> log_probs);

}  // namespace diar
