// Log-probabilities of speaker sets in, the speakers that are active out.
#pragma once

#include <cstdint>
#include <span>

namespace diar {

/// The best class of each frame (the first among equals) as bits of its members; classes {} 0 1 2 01 02 12.
/// log_probs [frames, 7] -> bits [frames].
void to_multilabel(std::span<const float> log_probs, std::span<std::uint8_t> bits);

}  // namespace diar
