#include "networks/pyannet/geometry.h"

#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "diar/errors.h"
#include "diar/powerset.h"
#include "networks/pyannet/network.h"
#include "nn/kernels/sinc_filters.h"

namespace diar {

const SegmentationSpec& pyannet_spec() {
  static const SegmentationSpec kSpec = {powerset_classes(kPyannetSpeakers, 2), kPyannetSpeakers,
                                         991.0 / 16000.0, 270.0 / 16000.0};
  return kSpec;
}

PyanNetFrames pyannet_frames(std::size_t window_samples) noexcept {
  PyanNetFrames frames;
  if (window_samples < nn::kSincTaps) return frames;
  frames.pooled[0] = ((window_samples - nn::kSincTaps) / kSincStride + 1) / kPool;
  for (std::size_t layer = 1; layer < 3; ++layer) {
    if (frames.pooled[layer - 1] < kConvTaps) return {};
    frames.pooled[layer] = (frames.pooled[layer - 1] - kConvTaps + 1) / kPool;
  }
  return frames.pooled[2] == 0 ? PyanNetFrames{} : frames;
}

std::size_t check_segmentation_spans(const WindowBatch& windows, std::size_t num_log_probs) {
  if (windows.num_windows == 0) return 0;
  const std::size_t frames = pyannet_frames(windows.window_samples).pooled[2];
  if (frames == 0) {
    throw InvalidArgument("a window of " + std::to_string(windows.window_samples) + " samples is too short");
  }
  const std::size_t needed = (windows.num_windows - 1) * windows.step_samples + windows.window_samples;
  if (windows.samples.size() < needed || num_log_probs != windows.num_windows * frames * kPyannetClasses) {
    throw InvalidArgument("segmentation: the spans do not fit the number and length of the windows");
  }
  return frames;
}

Affine waveform_norm(std::span<const float> window, float weight, float bias) noexcept {
  // Sums run side by side, so that they do not wait for each other.
  const auto mean_of = [&](auto term) {
    constexpr std::size_t kSums = 16;
    std::array<double, kSums> sums = {};
    std::size_t i = 0;
    for (; i + kSums <= window.size(); i += kSums) {
      for (std::size_t j = 0; j < kSums; ++j) sums[j] += term(static_cast<double>(window[i + j]));
    }
    for (; i < window.size(); ++i) sums[0] += term(static_cast<double>(window[i]));
    return std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(window.size());
  };
  const double mean = mean_of([](double x) { return x; });
  const double variance = mean_of([mean](double x) { return (x - mean) * (x - mean); });
  const double gain = weight / std::sqrt(variance + kInstanceNormEpsilon);
  return {static_cast<float>(gain), static_cast<float>(bias - gain * mean)};
}

}  // namespace diar
