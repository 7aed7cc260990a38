// Frames of many channels and a weight for each frame in, mean and standard deviation of each channel out.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace diar::nn {

/// Weighted mean and unbiased standard deviation over time of each channel:
///     v1 = sum_t w[t] + 1e-8     v2 = sum_t w[t]^2
///     mean[c] = sum_t w[t] x[t,c] / v1
///     std[c] = sqrt(sum_t w[t] (x[t,c] - mean[c])^2 / (v1 - v2 / v1 + 1e-8))
///   x [T, C], weights w [T] in [0, 1], pooled [2 C]: means, then standard deviations; dense, no aliasing.
/// All in float: in double, one active frame would leave a small deviation instead of 0. An empty mask gives
/// zeros. Oracle: pyannote.audio StatsPool.
void stats_pool(std::span<const float> x, std::span<const float> weights, std::span<float> pooled);

/// The mask of one resolution at another: out[i] = mask[floor(i * (mask.size / out_size))] in float
/// arithmetic. Oracle: torch.nn.functional.interpolate with mode "nearest".
std::vector<float> resize_nearest(std::span<const float> mask, std::size_t out_size);

}  // namespace diar::nn
