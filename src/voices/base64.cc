#include "voices/base64.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace diar {
namespace {

static_assert(std::endian::native == std::endian::little, "floats are written as memory holds them");

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kForeign = 255;

constexpr std::array<std::uint8_t, 256> kValueOf = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

}  // namespace

std::string to_base64(std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t begin = 0; begin < bytes.size(); begin += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - begin);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? std::to_integer<std::uint32_t>(bytes[begin + i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::optional<std::vector<float>> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t num_bytes = text.size() / 4 * 3 - padding;
  if (num_bytes % sizeof(float) != 0) return std::nullopt;
  std::vector<char> bytes;
  bytes.reserve(num_bytes + padding);
  for (std::size_t begin = 0; begin < text.size(); begin += 4) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const bool padded = begin + i >= text.size() - padding;
      const std::uint8_t value = padded ? 0 : kValueOf[static_cast<unsigned char>(text[begin + i])];
      if (value == kForeign) return std::nullopt;
      group = group << 6 | value;
    }
    for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>(group >> shift & 0xFF));
  }
  std::vector<float> values(num_bytes / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), num_bytes);
  return values;
}

}  // namespace diar
