// Log-probabilities of a segmentation network in, probabilities and the decision of each frame out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "diar/export.h"

namespace diar {

/// Members of each class as bits, in pyannote's order: nobody, each of `num_speakers` alone, pairs, and so on
/// up to `max_at_once` at once. Three speakers, two at once: {} 0 1 2 01 02 12. Throws `InvalidArgument` on
/// more than `kMaxLocalSpeakers` speakers.
DIAR_API std::vector<std::uint8_t> powerset_classes(std::size_t num_speakers, std::size_t max_at_once);

/// Both take log_probs [frames, classes] as `SegmentationNetwork::run` writes them and the network's
/// `SegmentationSpec::classes`. Pure functions, safe from any thread. Throw `InvalidArgument` when the size
/// is no multiple of the number of classes.

/// exp of every entry: probabilities [frames, classes]; each frame's sum is 1.
DIAR_API std::vector<float> class_probabilities(std::span<const float> log_probs,
                                                std::span<const std::uint8_t> classes);

/// The members of each frame's likeliest class (the first one among equals), as bits: bit s is set when local
/// speaker s talks. [frames]
DIAR_API std::vector<std::uint8_t> frame_decisions(std::span<const float> log_probs,
                                                   std::span<const std::uint8_t> classes);

}  // namespace diar
