// A path in, an open regular file or its bytes out: what has no end (a device, a FIFO) is refused, not
// awaited.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/internal_export.h"

namespace diar {

/// A regular file, open for reading from its start. Move-only.
class DIAR_INTERNAL_API RegularFile {
 public:
  /// Follows symbolic links. Never waits for a writer. Throws `ModelError` naming the path when it cannot be
  /// opened, is no regular file, or is larger than 64 GiB.
  explicit RegularFile(const std::filesystem::path& path);
  /// Takes over an open descriptor; `path` is for messages. Throws the same.
  RegularFile(int descriptor, const std::filesystem::path& path);
  ~RegularFile();
  RegularFile(RegularFile&& other) noexcept;
  RegularFile& operator=(RegularFile&&) = delete;

  /// When it was opened.
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }
  int descriptor() const noexcept { return descriptor_; }
  /// Fills `bytes` from the place where the last call ended; returns how many were there, less at the end
  /// only. Throws `ModelError`.
  std::size_t read(std::span<std::byte> bytes);

 private:
  std::string path_;
  int descriptor_;
  std::uint64_t size_bytes_ = 0;
};

/// The whole text of a regular file of at most `most_bytes`. Throws `ModelError` naming the path.
DIAR_INTERNAL_API std::string read_regular_file(const std::filesystem::path& path, std::uint64_t most_bytes);

}  // namespace diar
