// How kernels multiply.
#pragma once

namespace diar::nn {

enum class ProductPrecision {
  kFloat32,
  /// bfloat16 values and weights with float32 sums where `has_bf16_products()`; float32 elsewhere.
  kBfloat16,
};

}  // namespace diar::nn
