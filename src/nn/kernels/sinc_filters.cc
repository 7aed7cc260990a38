#include "nn/kernels/sinc_filters.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace diar::nn {

std::vector<float> make_sinc_filters(std::span<const float> low_hz, std::span<const float> band_hz) {
  constexpr std::size_t kHalf = kSincTaps / 2;
  constexpr std::size_t kPairs = kSincFilters / 2;
  constexpr double kSampleRateHz = 16000.0;
  assert(low_hz.size() == kPairs && band_hz.size() == kPairs);
  std::vector<float> filters(kSincFilters * kSincTaps);
  for (std::size_t pair = 0; pair < kPairs; ++pair) {
    const double low = 50.0 + std::abs(static_cast<double>(low_hz[pair]));
    const double high =
        std::clamp(low + 50.0 + std::abs(static_cast<double>(band_hz[pair])), 50.0, kSampleRateHz / 2);
    const double gain = 2.0 * (high - low);
    float* cosine = filters.data() + pair * kSincTaps;
    float* sine = filters.data() + (kPairs + pair) * kSincTaps;
    for (std::size_t i = 0; i < kHalf; ++i) {
      const double n =
          2.0 * std::numbers::pi * (static_cast<double>(i) - static_cast<double>(kHalf)) / kSampleRateHz;
      const double window =
          0.54 - 0.46 * std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / (kSincTaps - 1));
      const double c = (std::sin(high * n) - std::sin(low * n)) / (n / 2.0) * window / gain;
      const double s = (std::cos(low * n) - std::cos(high * n)) / (n / 2.0) * window / gain;
      cosine[i] = cosine[kSincTaps - 1 - i] = static_cast<float>(c);
      sine[i] = static_cast<float>(s);
      sine[kSincTaps - 1 - i] = static_cast<float>(-s);
    }
    cosine[kHalf] = 1.0f;
  }
  return filters;
}

}  // namespace diar::nn
