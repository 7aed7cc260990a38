// A tensor of one type of numbers in, the same numbers in another type out.
#pragma once

#include <cstdint>
#include <string>

#include "core/bfloat16.h"
#include "core/internal_export.h"
#include "core/tensor.h"

namespace diar {

/// Rounds to the nearest, ties to even, as IEEE 754 does. Beyond 65504 infinity comes out; NaN stays NaN.
std::uint16_t float_to_half(float value) noexcept;

/// `dtype`: float32, float16, bfloat16 or float64. Returns `tensor` itself when it is of that type. Throws
/// `ModelError` naming `name` when a finite number would become infinite, `InvalidArgument` for other types.
DIAR_INTERNAL_API Tensor converted(const Tensor& tensor, DType dtype, const std::string& name);

}  // namespace diar
