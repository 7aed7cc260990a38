// The weights of the segmentation network, checked and packed for the kernels, and its geometry.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/tensor.h"
#include "nn/kernels/lane_gemm.h"

namespace diar::cpu {

inline constexpr std::size_t kLstmUnits = 128;
inline constexpr std::size_t kLstmLayers = 4;
inline constexpr std::size_t kSincStride = 10;
inline constexpr std::size_t kConvTaps = 5;
inline constexpr std::size_t kPool = 3;
/// Channels behind each of the three convolutions.
inline constexpr std::array<std::size_t, 3> kConvChannels = {80, 60, 60};

/// Frames behind each convolution with its pooling, for a window of so many samples; all 0 when it is too
/// short.
struct PyanNetFrames {
  std::array<std::size_t, 3> pooled = {0, 0, 0};
};
PyanNetFrames pyannet_frames(std::size_t window_samples) noexcept;

/// Scale and offset of an instance norm.
struct InstanceNorm {
  std::vector<float> weight;
  std::vector<float> bias;
};

/// One direction of one layer.
struct LstmDirection {
  nn::PackedMatrix input;      // [512, inputs] with the sum of both biases
  nn::PackedMatrix recurrent;  // [512, 128]
};

struct PyanNetWeights {
  float wav_weight = 1.0f;
  float wav_bias = 0.0f;
  std::array<nn::PackedMatrix, 3> convolutions;  // [80, 251], [60, 5 * 80], [60, 5 * 60], taps major
  std::array<InstanceNorm, 3> norms;
  std::array<std::array<LstmDirection, 2>, kLstmLayers> lstm;  // forward, backward
  std::array<nn::PackedMatrix, 2> linear;
  nn::PackedMatrix classifier;
};

/// Throws `ModelError` naming the first tensor that is missing or has another shape.
PyanNetWeights read_pyannet(const Weights& weights);

}  // namespace diar::cpu
