#include "core/tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/bfloat16.h"
#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kMaxElements = std::size_t{1} << 48;

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu;
  const std::uint32_t mantissa = half & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent == 0) {
    // Zero and subnormals: mantissa * 2^-24 is exact in float.
    const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

// memcpy keeps unaligned bytes (a mapped file) well defined.
template <class Stored, class Out, class Convert>
void convert_all(std::span<const std::byte> bytes, std::vector<Out>& out, Convert convert) {
  if constexpr (std::is_same_v<Stored, Out>) {
    if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * sizeof(Out));
    return;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = static_cast<Out>(convert(stored));
  }
}

template <class Out>
std::vector<Out> convert(const Tensor& tensor) {
  const std::size_t count = tensor.size();
  if (tensor.bytes.size() != count * dtype_size(tensor.dtype)) {
    throw ModelError("a tensor of shape " + to_string(tensor.shape) + " holds " +
                     std::to_string(tensor.bytes.size()) + " bytes");
  }
  std::vector<Out> out(count);
  const auto plain = [](auto value) { return value; };
  switch (tensor.dtype) {
    case DType::kFloat32:
      convert_all<float>(tensor.bytes, out, plain);
      break;
    case DType::kFloat64:
      convert_all<double>(tensor.bytes, out, plain);
      break;
    case DType::kFloat16:
      convert_all<std::uint16_t>(tensor.bytes, out, half_to_float);
      break;
    case DType::kBFloat16:
      convert_all<std::uint16_t>(tensor.bytes, out, bfloat_to_float);
      break;
    case DType::kInt64:
      convert_all<std::int64_t>(tensor.bytes, out, plain);
      break;
    case DType::kInt32:
      convert_all<std::int32_t>(tensor.bytes, out, plain);
      break;
    case DType::kInt16:
      convert_all<std::int16_t>(tensor.bytes, out, plain);
      break;
    case DType::kInt8:
      convert_all<std::int8_t>(tensor.bytes, out, plain);
      break;
    case DType::kUInt8:
    case DType::kBool:
      convert_all<std::uint8_t>(tensor.bytes, out, plain);
      break;
  }
  return out;
}

template <class Value>
Tensor owned(std::span<const Value> values, Shape shape, DType dtype) {
  if (num_elements(shape) != values.size())
    throw ModelError("shape " + to_string(shape) + " does not fit its values");
  auto buffer = std::make_shared<std::vector<Value>>(values.begin(), values.end());
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  tensor.bytes = std::as_bytes(std::span<const Value>(*buffer));
  tensor.owner = std::move(buffer);
  return tensor;
}

// x - x is 0 for finite x and NaN otherwise; without a branch the loop becomes vector code.
template <class Value>
bool all_finite(std::span<const Value> values) {
  bool finite = true;
  for (const Value value : values) finite &= value - value == Value{0};
  return finite;
}

template <class Out>
std::vector<Out> checked(const Weights& weights, std::string_view name, const Shape& expected) {
  const Tensor& tensor = weights.at(name);
  if (tensor.shape != expected) {
    throw ModelError("tensor '" + std::string(name) + "' in " + weights.source() + " has shape " +
                     to_string(tensor.shape) + ", expected " + to_string(expected));
  }
  std::vector<Out> values = convert<Out>(tensor);
  if (!all_finite<Out>(values)) {
    throw ModelError("tensor '" + std::string(name) + "' in " + weights.source() +
                     " holds NaN or infinity: the file is damaged, fetch it again");
  }
  return values;
}

}  // namespace

std::size_t dtype_size(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat64:
    case DType::kInt64:
      return 8;
    case DType::kFloat32:
    case DType::kInt32:
      return 4;
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kInt16:
      return 2;
    case DType::kInt8:
    case DType::kUInt8:
    case DType::kBool:
      return 1;
  }
  return 1;
}

std::string_view dtype_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::kFloat32:
      return "float32";
    case DType::kFloat64:
      return "float64";
    case DType::kFloat16:
      return "float16";
    case DType::kBFloat16:
      return "bfloat16";
    case DType::kInt64:
      return "int64";
    case DType::kInt32:
      return "int32";
    case DType::kInt16:
      return "int16";
    case DType::kInt8:
      return "int8";
    case DType::kUInt8:
      return "uint8";
    case DType::kBool:
      return "bool";
  }
  return "unknown";
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

std::size_t num_elements(const Shape& shape, std::string_view name) {
  if (std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end()) return 0;
  std::size_t count = 1;
  for (const std::size_t extent : shape) {
    if (extent > kMaxElements / count)
      throw ModelError(std::string(name) + ": shape " + to_string(shape) + " is too large");
    count *= extent;
  }
  return count;
}

std::vector<float> Tensor::to_float() const {
  return convert<float>(*this);
}
std::vector<double> Tensor::to_double() const {
  return convert<double>(*this);
}

Tensor Tensor::from(std::span<const float> values, Shape shape) {
  return owned(values, std::move(shape), DType::kFloat32);
}
Tensor Tensor::from(std::span<const double> values, Shape shape) {
  return owned(values, std::move(shape), DType::kFloat64);
}

const Tensor& Weights::at(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw ModelError("tensor '" + std::string(name) + "' is missing from " + source_);
  }
  return found->second;
}

std::vector<float> Weights::floats(std::string_view name, const Shape& expected) const {
  return checked<float>(*this, name, expected);
}
std::vector<double> Weights::doubles(std::string_view name, const Shape& expected) const {
  return checked<double>(*this, name, expected);
}

}  // namespace diar
