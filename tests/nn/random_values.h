// A size and a seed in, the same values on every machine out: thousandths in [-1, 1].
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

#include "nn/kernels/aligned_buffer.h"

namespace diar::nn {

inline std::vector<float> random_values(std::size_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(generator() % 2001) / 1000.0f - 1.0f;
  return values;
}

/// The same in a buffer as kernels want it; returns its first value.
inline float* filled(AlignedBuffer& buffer, std::size_t size, unsigned seed) {
  const auto values = random_values(size, seed);
  return std::copy(values.begin(), values.end(), buffer.reserve(size)) - static_cast<std::ptrdiff_t>(size);
}

}  // namespace diar::nn
