#include "nn/kernels/sinc_filters.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace diar::nn {

std::vector<float> make_sinc_filters(std::span<const float> low_hz, std::span<const float> band_hz) {
  constexpr std::size_t kHalf = kSincTaps / 2;
  constexpr std::size_t kPairs = kSincFilters / 2;
  constexpr float kSampleRateHz = 16000.0f;
  constexpr auto kTwoPi = static_cast<float>(2.0 * std::numbers::pi);
  assert(low_hz.size() == kPairs && band_hz.size() == kPairs);
  std::vector<float> filters(kSincFilters * kSincTaps);
  for (std::size_t pair = 0; pair < kPairs; ++pair) {
    // Float angles in the oracle's order: they reach 390 radians, where a float is only good to 3e-5.
    const float low = 50.0f + std::abs(low_hz[pair]);
    const float high = std::clamp(low + 50.0f + std::abs(band_hz[pair]), 50.0f, kSampleRateHz / 2.0f);
    const float gain = 2.0f * (high - low);
    float* cosine = filters.data() + pair * kSincTaps;
    float* sine = filters.data() + (kPairs + pair) * kSincTaps;
    for (std::size_t i = 0; i < kHalf; ++i) {
      const float n = kTwoPi * ((static_cast<float>(i) - static_cast<float>(kHalf)) / kSampleRateHz);
      const auto window = static_cast<float>(
          0.54 - 0.46 * std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / (kSincTaps - 1)));
      const float c = (std::sin(high * n) - std::sin(low * n)) / (n / 2.0f) * window / gain;
      const float s = (std::cos(low * n) - std::cos(high * n)) / (n / 2.0f) * window / gain;
      cosine[i] = cosine[kSincTaps - 1 - i] = c;
      sine[i] = s;
      sine[kSincTaps - 1 - i] = -s;
    }
    cosine[kHalf] = 1.0f;
  }
  return filters;
}

}  // namespace diar::nn
