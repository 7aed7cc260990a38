#include "models/npy.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kMaxHeaderBytes = 65536;
constexpr std::size_t kMaxDimensions = 8;

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw ModelError(name + ": " + what);
}

// The header is the text of a Python dict with three known keys; a scanner for just that is safer than a
// parser.
class HeaderScanner {
 public:
  HeaderScanner(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  // The text that follows 'key': up to the next character of `stops`.
  std::string_view value(std::string_view key, std::string_view stops) const {
    for (const char quote : {'\'', '"'}) {
      const std::string quoted = quote + std::string(key) + quote;
      std::size_t at = text_.find(quoted);
      if (at == std::string_view::npos) continue;
      at = text_.find(':', at + quoted.size());
      if (at == std::string_view::npos) break;
      at = text_.find_first_not_of(' ', at + 1);
      if (at == std::string_view::npos) break;
      // A tuple starts with its own bracket; look for the stop after it.
      const std::size_t end = text_.find_first_of(stops, at + 1);
      if (end == std::string_view::npos) break;
      return text_.substr(at, end - at);
    }
    fail(name_, "the npy header lacks '" + std::string(key) + "'");
  }

 private:
  std::string_view text_;
  const std::string& name_;
};

DType parse_descr(std::string_view descr, const std::string& name) {
  constexpr std::array<std::pair<std::string_view, DType>, 12> kKnown = {{{"<f4", DType::kFloat32},
                                                                          {"<f8", DType::kFloat64},
                                                                          {"<f2", DType::kFloat16},
                                                                          {"<i8", DType::kInt64},
                                                                          {"<i4", DType::kInt32},
                                                                          {"<i2", DType::kInt16},
                                                                          {"|i1", DType::kInt8},
                                                                          {"<i1", DType::kInt8},
                                                                          {"|u1", DType::kUInt8},
                                                                          {"<u1", DType::kUInt8},
                                                                          {"|b1", DType::kBool},
                                                                          {"<b1", DType::kBool}}};
  if (descr.size() >= 2) descr = descr.substr(1);  // opening quote; the closing one was the stop
  const auto known =
      std::find_if(kKnown.begin(), kKnown.end(), [&](const auto& entry) { return entry.first == descr; });
  if (known == kKnown.end()) fail(name, "numbers of type '" + std::string(descr) + "' are not supported");
  return known->second;
}

Shape parse_shape(std::string_view text, const std::string& name) {
  if (text.empty() || text.front() != '(') fail(name, "the npy header has no shape");
  Shape shape;
  std::size_t at = 1;
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ' || c == ',') {
      ++at;
      continue;
    }
    std::size_t extent = 0;
    const std::size_t begin = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      if (extent > (std::size_t{1} << 50)) fail(name, "the npy header has an impossible shape");
      extent = extent * 10 + static_cast<std::size_t>(text[at] - '0');
    }
    if (at == begin || shape.size() == kMaxDimensions) fail(name, "the npy header has an impossible shape");
    shape.push_back(extent);
  }
  return shape;
}

// A copy of a column-major tensor in row-major order.
Tensor row_major(const Tensor& source) {
  const std::size_t width = dtype_size(source.dtype);
  auto bytes = std::make_shared<std::vector<std::byte>>(source.bytes.size());
  const std::size_t count = num_elements(source.shape);
  for (std::size_t to = 0; to < count; ++to) {
    std::size_t rest = to;
    std::size_t from = 0;
    // The last index runs fastest in the copy and slowest in the source.
    for (std::size_t axis = source.shape.size(); axis-- > 0;) {
      std::size_t stride = 1;
      for (std::size_t before = 0; before < axis; ++before) stride *= source.shape[before];
      from += rest % source.shape[axis] * stride;
      rest /= source.shape[axis];
    }
    std::memcpy(bytes->data() + to * width, source.bytes.data() + from * width, width);
  }
  Tensor copy = source;
  copy.bytes = *bytes;
  copy.owner = std::move(bytes);
  return copy;
}

}  // namespace

Tensor parse_npy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                 const std::string& name) {
  constexpr std::string_view kMagic("\x93NUMPY", 6);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  if (bytes.size() < 10 || std::string_view(text, 6) != kMagic) fail(name, "no npy data");
  const int major = static_cast<unsigned char>(text[6]);
  if (major < 1 || major > 3) fail(name, "npy version " + std::to_string(major) + " is not known");
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t start = 8 + length_bytes;
  if (bytes.size() < start) fail(name, "the npy header is truncated");
  std::size_t header_bytes = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    header_bytes |= static_cast<std::size_t>(static_cast<unsigned char>(text[8 + i])) << (8 * i);
  }
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - start)
    fail(name, "the npy header is truncated");

  const HeaderScanner header(std::string_view(text + start, header_bytes), name);
  Tensor tensor;
  tensor.dtype = parse_descr(header.value("descr", "'\","), name);
  tensor.shape = parse_shape(header.value("shape", ")"), name);
  const bool column_major =
      header.value("fortran_order", ",}").starts_with("True") && tensor.shape.size() > 1;
  const std::size_t expected = num_elements(tensor.shape, name) * dtype_size(tensor.dtype);
  const std::size_t present = bytes.size() - start - header_bytes;
  if (present != expected) {
    fail(name, "truncated: shape " + to_string(tensor.shape) + " needs " + std::to_string(expected) +
                   " bytes, " + std::to_string(present) + " are there");
  }
  tensor.bytes = bytes.subspan(start + header_bytes);
  tensor.owner = std::move(owner);
  return column_major ? row_major(tensor) : tensor;
}

}  // namespace diar
