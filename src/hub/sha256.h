// Bytes in, their SHA-256 (FIPS 180-4) out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "models/regular_file.h"

namespace diar {

/// Takes the message in pieces of any length.
class Sha256 {
 public:
  void update(std::span<const std::byte> bytes);
  /// The digest in lower-case hexadecimal. Call once, last.
  std::string finish();

 private:
  void compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_ = {};
  std::uint64_t length_bytes_ = 0;
};

/// Throws `ModelError` when the file cannot be read or is not a regular one.
std::string sha256_of_file(const std::filesystem::path& path);
/// From where the file was read up to.
std::string sha256_of_file(RegularFile& file);

}  // namespace diar
