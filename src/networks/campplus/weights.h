// Named tensors of a CAM++ checkpoint in, its layers with the batch norms folded out.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace diar {

inline constexpr std::size_t kCampplusMels = 80;
/// Channels of the convolutions over time and frequency; also what each dense layer adds.
inline constexpr std::size_t kCampplusChannels = 32;
inline constexpr std::size_t kCampplusBottleneck = 128;
/// Rows of frequency after the head.
inline constexpr std::size_t kCampplusRows = kCampplusMels / 8;
/// Frames (after the time stride of 2) over which the masking averages besides the whole input.
inline constexpr std::size_t kCampplusSegment = 100;
/// Feature frames for each frame after the head.
inline constexpr std::size_t kCampplusStride = 2;

/// A convolution over frequency and time, its batch norm folded in. Padding is (kernel - 1) / 2.
struct CampplusConvolution {
  std::size_t in_channels = 1;
  std::size_t out_channels = kCampplusChannels;
  std::size_t kernel = 3;
  std::size_t mel_stride = 1;  ///< the time stride is 1
  std::vector<float> taps;     ///< [out, in, mel taps, time taps], as stored
  std::vector<float> bias;     ///< [out]
};

/// Residual block of the head: relu(conv2(relu(conv1(x))) + shortcut(x)).
struct CampplusBlock {
  CampplusConvolution conv1;
  CampplusConvolution conv2;
  std::optional<CampplusConvolution> shortcut;  ///< of a 1x1 kernel; without it the block's input
};

/// A convolution over time.
struct CampplusLinear {
  std::size_t outs = 0;
  std::size_t ins = 0;
  std::size_t taps = 1;
  std::vector<float> weights;  ///< [outs, ins, taps], as stored
  std::vector<float> bias;     ///< [outs]
};

/// A batch norm that stands before its layer and cannot be folded: relu(x * scale + shift).
struct CampplusNorm {
  std::vector<float> scale;
  std::vector<float> shift;
};

/// What one layer appends to its input x [T, C]:
///     h = relu(bottleneck(relu(norm(x))))      m = sigmoid(mask2(relu(mask1(mean(h) + segment_mean(h)))))
///     x := concat(x, local(h) * m)
struct CampplusDenseLayer {
  CampplusNorm norm;          ///< [C]
  CampplusLinear bottleneck;  ///< C -> 128
  CampplusLinear local;       ///< 128 -> 32, three taps
  CampplusLinear mask1;       ///< 128 -> 64
  CampplusLinear mask2;       ///< 64 -> 32
};

/// Dense layers, then relu(norm) and a linear layer that leaves fewer channels (half of them in the paper).
struct CampplusStage {
  std::size_t dilation = 1;
  std::vector<CampplusDenseLayer> layers;
  CampplusNorm norm;
  CampplusLinear transit;  ///< the last one has the network's last batch norm folded in, and a ReLU after it
};

struct CampplusWeights {
  CampplusConvolution stem;
  std::array<CampplusBlock, 4> blocks;
  CampplusConvolution last;  ///< of the head
  CampplusLinear tdnn;  ///< five taps at a time stride of 2; inputs in the order [channel, row of frequency]
  std::array<CampplusStage, 3> stages;
  CampplusLinear dense;  ///< [means, standard deviations] -> embedding
  std::size_t dimension = 0;
};

/// `weights` as `recognise_network` gives them. Throws `ModelError` naming the first tensor that is missing
/// or has an impossible shape.
CampplusWeights read_campplus_weights(const Weights& weights);

}  // namespace diar
