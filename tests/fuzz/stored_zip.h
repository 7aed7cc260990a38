// Names and contents in, a zip file out: what the tests need to make hostile ones, so nothing is checked.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace diar::fuzz {

class StoredZip {
 public:
  /// What a member is and what its directory entry claims about it.
  struct Member {
    std::string_view name;
    std::string_view stored;     ///< the bytes in the file
    std::uint32_t size = 0;      ///< claimed, uncompressed
    std::uint32_t checksum = 0;  ///< claimed
    bool deflated = false;
  };

  void add(std::string_view name, std::string_view content) {
    add({name, content, static_cast<std::uint32_t>(content.size()), checksum(content), false});
  }
  void add(const Member& member) {
    const std::string common = number(0, 2) + number(member.deflated ? 8 : 0, 2) + number(0x210000, 4) +
                               number(member.checksum, 4) + number(member.stored.size(), 4) +
                               number(member.size, 4) + number(member.name.size(), 2) + number(0, 2);
    const std::size_t place = text_.size();
    text_ += "PK\x03\x04" + number(20, 2) + common;
    text_ += member.name;
    text_ += member.stored;
    directory_ += "PK\x01\x02" + number(20, 2) + number(20, 2) + common + number(0, 2) + number(0, 2) +
                  number(0, 2) + number(0, 4) + number(place, 4);
    directory_ += member.name;
    ++count_;
  }

  std::string finish() const {
    std::string text = text_ + directory_;
    if (count_ > 0xffff) {  // the 64-bit end record and its locator
      text += "PK\x06\x06" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) +
              number(count_, 8) + number(count_, 8) + number(directory_.size(), 8) + number(text_.size(), 8) +
              "PK\x06\x07" + number(0, 4) + number(text_.size() + directory_.size(), 8) + number(1, 4);
    }
    const std::uint64_t short_count = count_ > 0xffff ? 0xffff : count_;
    return text + "PK\x05\x06" + number(0, 4) + number(short_count, 2) + number(short_count, 2) +
           number(directory_.size(), 4) + number(text_.size(), 4) + number(0, 2);
  }

  /// Little-endian.
  static std::string number(std::uint64_t value, int width) {
    std::string text;
    for (int i = 0; i < width; ++i) text += static_cast<char>((value >> (8 * i)) & 0xffu);
    return text;
  }

  /// CRC-32 as zip defines it (reflected polynomial 0xEDB88320).
  static std::uint32_t checksum(std::string_view content) {
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

 private:
  std::string text_;
  std::string directory_;
  std::uint64_t count_ = 0;
};

}  // namespace diar::fuzz
