// The cluster of a (window, local speaker) pair without a speaker.
#pragma once

#include <cstdint>

namespace diar {

/// As in pyannote.audio.
inline constexpr std::int32_t kNobody = -2;

}  // namespace diar
