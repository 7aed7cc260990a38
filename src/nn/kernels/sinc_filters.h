// Learned band edges in, the 80 band-pass filters of the first convolution out.
#pragma once

#include <span>
#include <vector>

namespace diar::nn {

inline constexpr std::size_t kSincTaps = 251;
inline constexpr std::size_t kSincFilters = 80;

/// `low_hz`, `band_hz` [40] as stored in the weights; returns [80, 251]: 40 cosine filters, then 40 sine
/// filters.
///     low = 50 + |low_hz|   high = clip(low + 50 + |band_hz|, 50, 8000)   n = 2 pi k / 16000, k = -125..-1
///     w = Hamming(251)
///     cos: (sin(high n) - sin(low n)) / (n / 2) w, centre 2 (high - low), mirrored
///     sin: (cos(low n) - cos(high n)) / (n / 2) w, centre 0, mirrored and negated
///     all divided by 2 (high - low)
/// Oracle: asteroid-filterbanks' ParamSincFB as pyannote.audio uses it.
std::vector<float> make_sinc_filters(std::span<const float> low_hz, std::span<const float> band_hz);

}  // namespace diar::nn
