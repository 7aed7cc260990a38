// Sums over time in, the scale and offset of each channel's instance norm out.
#pragma once

#include <cstddef>
#include <span>

namespace diar::nn {

/// y = scale x + shift, from sums over `num_frames` frames and of their squares, with the biased variance:
///     scale = weight / sqrt(var + 1e-5)     shift = bias - scale mean
///   sums, squares, scale, shift [C, lanes] for C channels in `lanes` lanes each; weight, bias [C]. No
///   aliasing.
/// Oracle: torch.nn.functional.instance_norm.
void instance_norm_factors(std::span<const double> sums, std::span<const double> squares,
                           std::size_t num_frames, std::span<const float> weight, std::span<const float> bias,
                           std::size_t lanes, std::span<float> scale, std::span<float> shift);

}  // namespace diar::nn
