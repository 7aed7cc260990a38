// Sums over time in, the scale and offset of each channel's instance norm out.
#pragma once

#include <cstddef>
#include <span>

namespace diar::nn {

/// Sums over `num_frames` frames of values and of their squares, [C, lanes] for C channels.
struct FrameSums {
  std::span<const double> sums;
  std::span<const double> squares;
  std::size_t num_frames;
  std::size_t lanes = 1;
};
/// Learned scale and offset of each channel, [C].
struct InstanceNormView {
  std::span<const float> weight;
  std::span<const float> bias;
};
/// y = scale x + shift with the biased variance, scale and shift [C, lanes]; no aliasing:
///     scale = weight / sqrt(var + 1e-5)     shift = bias - scale mean
/// Oracle: torch.nn.functional.instance_norm.
void instance_norm_factors(const FrameSums& frames, const InstanceNormView& norm, std::span<float> scale,
                           std::span<float> shift);

}  // namespace diar::nn
