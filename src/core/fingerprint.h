// Bytes in, a 64-bit number that tells contents apart (not those of an attacker) out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace diar {

/// FNV-1a, 64 bits.
class Fingerprint {
 public:
  void add(std::span<const std::byte> bytes) noexcept {
    for (const std::byte byte : bytes)
      value_ = (value_ ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001B3;
  }
  /// The text and its end, so that "ab", "c" is not "a", "bc".
  void add(std::string_view text) noexcept {
    add(std::as_bytes(std::span(text)));
    add(static_cast<std::uint64_t>(text.size()));
  }
  void add(std::uint64_t number) noexcept { add(std::as_bytes(std::span(&number, 1))); }
  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325;
};

/// 16 digits.
inline std::string hexadecimal(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value /= 16) *digit = kDigits[value % 16];
  return text;
}

}  // namespace diar
