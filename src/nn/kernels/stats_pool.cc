#include "nn/kernels/stats_pool.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diar::nn {

void stats_pool(std::span<const float> x, std::span<const float> weights, std::span<float> pooled) {
  constexpr float kEpsilon = 1e-8f;
  const std::size_t channels = pooled.size() / 2;
  assert(x.size() == weights.size() * channels);
  float v1 = 0.0f;
  float v2 = 0.0f;
  for (const float w : weights) {
    v1 += w;
    v2 += w * w;
  }
  v1 += kEpsilon;
  float* mean = pooled.data();
  float* deviation = pooled.data() + channels;
  std::fill(pooled.begin(), pooled.end(), 0.0f);
  for (std::size_t t = 0; t < weights.size(); ++t) {
    if (weights[t] == 0.0f) continue;
    for (std::size_t c = 0; c < channels; ++c) mean[c] += weights[t] * x[t * channels + c];
  }
  for (std::size_t c = 0; c < channels; ++c) mean[c] /= v1;
  for (std::size_t t = 0; t < weights.size(); ++t) {
    if (weights[t] == 0.0f) continue;
    for (std::size_t c = 0; c < channels; ++c) {
      const float difference = x[t * channels + c] - mean[c];
      deviation[c] += weights[t] * difference * difference;
    }
  }
  const float denominator = v1 - v2 / v1 + kEpsilon;
  for (std::size_t c = 0; c < channels; ++c) deviation[c] = std::sqrt(deviation[c] / denominator);
}

std::vector<float> resize_nearest(std::span<const float> mask, std::size_t out_size) {
  const float scale = static_cast<float>(mask.size()) / static_cast<float>(out_size);
  std::vector<float> out(out_size);
  for (std::size_t i = 0; i < out_size; ++i) {
    const auto source = static_cast<std::size_t>(std::floor(static_cast<float>(i) * scale));
    out[i] = mask[std::min(source, mask.size() - 1)];
  }
  return out;
}

}  // namespace diar::nn
