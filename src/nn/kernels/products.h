// How kernels multiply, and how their weights lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/bfloat16.h"

namespace diar::nn {

enum class ProductPrecision {
  kFloat32,
  /// bfloat16 values and weights with float32 sums where `has_bf16_products()`; float32 elsewhere.
  kBfloat16,
};

/// The weight of input i and out-channel `lane` of a block -> tap [inputs, block]; in bfloat16 [inputs / 2, block, 2],
/// pairs of inputs side by side.
template <class Element>
void store_weight(Element* tap, std::size_t i, std::size_t block, std::size_t lane, float value) {
  if constexpr (std::is_same_v<Element, std::uint16_t>) {
    tap[(i / 2 * block + lane) * 2 + i % 2] = float_to_bfloat(value);
  } else {
    tap[i * block + lane] = value;
  }
}

}  // namespace diar::nn
