#include "models/safetensors.h"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "diar/errors.h"
#include "models/metadata.h"

namespace diar {
namespace {

using Json = nlohmann::json;

// The format allows 100 MB; these networks need 30 kB, and parsed JSON takes many times its text.
constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{16} << 20;
constexpr std::size_t kMaxHeaderValues = std::size_t{1} << 20;
constexpr int kMaxJsonDepth = 8;

std::uint64_t header_length(std::span<const std::byte> bytes) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return length;
}

DType parse_dtype(const std::string& text, const std::string& name) {
  constexpr std::array<std::pair<std::string_view, DType>, 10> kKnown = {{{"F32", DType::kFloat32},
                                                                          {"F64", DType::kFloat64},
                                                                          {"F16", DType::kFloat16},
                                                                          {"BF16", DType::kBFloat16},
                                                                          {"I64", DType::kInt64},
                                                                          {"I32", DType::kInt32},
                                                                          {"I16", DType::kInt16},
                                                                          {"I8", DType::kInt8},
                                                                          {"U8", DType::kUInt8},
                                                                          {"BOOL", DType::kBool}}};
  for (const auto& [known, dtype] : kKnown) {
    if (known == text) return dtype;
  }
  throw ModelError(name + ": numbers of type '" + text + "' are not supported");
}

std::uint64_t number(const Json& value, const std::string& name) {
  if (!value.is_number_unsigned()) throw ModelError(name + ": a size or offset is no whole number");
  return value.get<std::uint64_t>();
}

Tensor parse_entry(const Json& entry, std::span<const std::byte> data, const std::string& name) {
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets") || !entry["dtype"].is_string() || !entry["shape"].is_array() ||
      !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2 || entry["shape"].size() > 8) {
    throw ModelError(name + ": malformed header entry");
  }
  Tensor tensor;
  tensor.dtype = parse_dtype(entry["dtype"].get<std::string>(), name);
  for (const Json& extent : entry["shape"]) tensor.shape.push_back(number(extent, name));
  const std::uint64_t begin = number(entry["data_offsets"][0], name);
  const std::uint64_t end = number(entry["data_offsets"][1], name);
  if (begin > end || end > data.size())
    throw ModelError(name + ": lies outside the file (truncated?): fetch it again");
  if (num_elements(tensor.shape, name) * dtype_size(tensor.dtype) != end - begin) {
    throw ModelError(name + ": shape " + to_string(tensor.shape) + " does not fit its " +
                     std::to_string(end - begin) + " bytes");
  }
  tensor.bytes = data.subspan(begin, end - begin);
  return tensor;
}

// Depth is bounded while parsing so that a hostile header cannot exhaust the stack when its values are
// destroyed.
Json parse_header(std::string_view text, const std::string& source) {
  std::size_t num_values = 0;
  const auto bounded = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxJsonDepth) throw ModelError(source + ": the header is nested too deeply");
    if (++num_values > kMaxHeaderValues) throw ModelError(source + ": the header holds too many values");
    return true;
  };
  Json header = Json::parse(text, bounded, /*allow_exceptions=*/false);
  if (!header.is_object()) throw ModelError(source + ": the safetensors header is damaged: fetch it again");
  return header;
}

}  // namespace

bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > 8 && bytes[8] == std::byte{'{'};
}

Weights parse_safetensors(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                          const std::string& source) {
  if (!looks_like_safetensors(bytes)) throw ModelError(source + ": not a safetensors file");
  const std::uint64_t length = header_length(bytes);
  if (length > kMaxHeaderBytes && length <= bytes.size() - 8) {
    throw ModelError(source + ": the safetensors header is longer than 16 MiB");
  }
  if (length > bytes.size() - 8) {
    throw ModelError(source + ": the safetensors header claims " + std::to_string(length) + " bytes of " +
                     std::to_string(bytes.size()) + ": truncated or damaged, fetch it again");
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, length);
  const Json header = parse_header(text, source);
  Weights weights(source);
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") {
      weights.set_metadata(text_entries(entry));
      continue;
    }
    Tensor tensor = parse_entry(entry, bytes.subspan(8 + length), "tensor '" + key + "' in " + source);
    tensor.owner = owner;
    weights.insert(key, std::move(tensor));
  }
  if (weights.tensors().empty()) throw ModelError(source + ": holds no tensors");
  return weights;
}

}  // namespace diar
