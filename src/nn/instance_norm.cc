#include "nn/instance_norm.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diar::nn {
namespace {

constexpr double kEpsilon = 1e-5;

}  // namespace

void instance_norm_factors(const FrameSums& frames, const InstanceNormView& norm, std::span<float> scale,
                           std::span<float> shift) {
  const auto& [sums, squares, num_frames, lanes] = frames;
  const auto& [weight, bias] = norm;
  assert(sums.size() == weight.size() * lanes && squares.size() == sums.size() &&
         bias.size() == weight.size());
  assert(scale.size() == sums.size() && shift.size() == sums.size());
  const auto count = static_cast<double>(num_frames);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double mean = sums[i] / count;
    const double variance = std::max(0.0, squares[i] / count - mean * mean);
    const double gain = weight[i / lanes] / std::sqrt(variance + kEpsilon);
    scale[i] = static_cast<float>(gain);
    shift[i] = static_cast<float>(bias[i / lanes] - gain * mean);
  }
}

}  // namespace diar::nn
