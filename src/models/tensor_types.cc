#include "models/tensor_types.h"

#include <bit>
#include <cmath>
#include <vector>

#include "diar/errors.h"

namespace diar {
namespace {

template <class Stored>
Tensor with_values(const Tensor& shape_of, DType dtype, std::vector<Stored> values) {
  auto buffer = std::make_shared<const std::vector<Stored>>(std::move(values));
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = shape_of.shape;
  tensor.bytes = std::as_bytes(std::span<const Stored>(*buffer));
  tensor.owner = std::move(buffer);
  return tensor;
}

template <class Convert>
Tensor narrowed(const Tensor& tensor, DType dtype, std::uint16_t infinity, const std::string& name,
                Convert convert) {
  const std::vector<float> values = tensor.to_float();
  std::vector<std::uint16_t> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = convert(values[i]);
    if ((out[i] & 0x7fffu) == infinity && std::isfinite(values[i])) {
      throw ModelError("tensor '" + name + "' holds " + std::to_string(values[i]) + ", too large for " +
                       std::string(dtype_name(dtype)) + ": choose float32");
    }
  }
  return with_values(tensor, dtype, std::move(out));
}

}  // namespace

std::uint16_t float_to_half(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and above
  if (magnitude < 0x38800000u) {  // below 2^-14: a multiple of 2^-24, which nearbyint rounds to even
    const float steps = std::nearbyint(std::ldexp(std::bit_cast<float>(magnitude), 24));
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(steps));
  }
  // 13 bits go; adding half of the last place less one, plus its own lowest bit, rounds ties to even.
  const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>((rounded >> 13) - (112u << 10)));
}

Tensor converted(const Tensor& tensor, DType dtype, const std::string& name) {
  if (tensor.dtype == dtype) return tensor;
  switch (dtype) {
    case DType::kFloat32:
      return with_values(tensor, dtype, tensor.to_float());
    case DType::kFloat64:
      return with_values(tensor, dtype, tensor.to_double());
    case DType::kFloat16:
      return narrowed(tensor, dtype, 0x7c00u, name, float_to_half);
    case DType::kBFloat16:
      return narrowed(tensor, dtype, 0x7f80u, name, float_to_bfloat);
    default:
      throw InvalidArgument("weights cannot be converted to " + std::string(dtype_name(dtype)));
  }
}

}  // namespace diar
