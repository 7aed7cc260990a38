// Names and contents in, a zip file of stored members out: what the tests need to make hostile files.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace diar::fuzz {

class StoredZip {
 public:
  void add(const std::string& name, const std::string& content) {
    const auto size = static_cast<std::uint32_t>(content.size());
    const std::string tail = number(0, 2) + number(0x21, 4) + number(checksum(content), 4) + number(size, 4) +
                             number(size, 4) + number(static_cast<std::uint32_t>(name.size()), 2) +
                             number(0, 2);
    const auto place = static_cast<std::uint32_t>(text_.size());
    text_ += "PK\x03\x04" + number(10, 2) + number(0, 2) + tail + name + content;
    directory_ += "PK\x01\x02" + number(10, 2) + number(10, 2) + number(0, 2) + tail + number(0, 2) +
                  number(0, 2) + number(0, 2) + number(0, 4) + number(place, 4) + name;
    ++count_;
  }

  std::string finish() const {
    return text_ + directory_ + "PK\x05\x06" + number(0, 4) + number(count_, 2) + number(count_, 2) +
           number(static_cast<std::uint32_t>(directory_.size()), 4) +
           number(static_cast<std::uint32_t>(text_.size()), 4) + number(0, 2);
  }

 private:
  // Little-endian.
  static std::string number(std::uint32_t value, int width) {
    std::string text;
    for (int i = 0; i < width; ++i) text += static_cast<char>((value >> (8 * i)) & 0xffu);
    return text;
  }
  // CRC-32 as zip defines it (reflected polynomial 0xEDB88320).
  static std::uint32_t checksum(const std::string& content) {
    static const std::array<std::uint32_t, 256> kTable = [] {
      std::array<std::uint32_t, 256> table{};
      for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1u) != 0 ? 0xEDB88320u : 0u);
        table[i] = value;
      }
      return table;
    }();
    std::uint32_t value = 0xffffffffu;
    for (const char c : content)
      value = kTable[(value ^ static_cast<unsigned char>(c)) & 0xffu] ^ (value >> 8);
    return ~value;
  }

  std::string text_;
  std::string directory_;
  std::uint32_t count_ = 0;
};

}  // namespace diar::fuzz
