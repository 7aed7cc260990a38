// What every backend of the segmentation network shares: its sizes, its frame counts, the check of its
// arguments.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "diar/networks.h"

namespace diar {

/// Classes and local speakers of the head: {} 0 1 2 01 02 12.
inline constexpr std::size_t kPyannetClasses = 7;
inline constexpr std::size_t kPyannetSpeakers = 3;
inline constexpr std::size_t kLstmUnits = 128;
inline constexpr std::size_t kLstmLayers = 4;
inline constexpr std::size_t kSincStride = 10;
inline constexpr std::size_t kConvTaps = 5;
inline constexpr std::size_t kPool = 3;
/// Channels after each of the three convolutions.
inline constexpr std::array<std::size_t, 3> kConvChannels = {80, 60, 60};
/// Of every instance norm.
inline constexpr double kInstanceNormEpsilon = 1e-5;

/// Frames after each convolution with its pooling, for a window of so many samples; all 0 when it is too
/// short.
struct PyanNetFrames {
  std::array<std::size_t, 3> pooled = {0, 0, 0};
};
PyanNetFrames pyannet_frames(std::size_t window_samples) noexcept;

/// Frames of a window; throws `InvalidArgument` when it is too short or when samples and `num_log_probs`
/// outputs do not fit the batch.
std::size_t check_segmentation_spans(const WindowBatch& windows, std::size_t num_log_probs);

/// x -> gain x + offset.
struct Affine {
  float gain;
  float offset;
};
/// Instance norm of a whole waveform as one affine map, from its biased variance; summed in double, because
/// the sum runs over 160000 samples.
Affine waveform_norm(std::span<const float> window, float weight, float bias) noexcept;

}  // namespace diar
