// The bytes of a zip file in, its members' names, sizes and checked contents out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/internal_export.h"

struct zip;

namespace diar {

struct ZipMember {
  std::string name;
  std::uint64_t size_bytes = 0;    ///< as the directory claims
  std::uint64_t stored_bytes = 0;  ///< compressed, as the directory claims
  bool stored = false;             ///< not compressed
  bool readable = false;           ///< stored or deflated
};

class DIAR_INTERNAL_API ZipArchive {
 public:
  /// Borrows `bytes` and `source` (the file's name for messages). Throws `ModelError` on a damaged directory
  /// and, before it is read, on one of more than 100,000 members.
  ZipArchive(std::span<const std::byte> bytes, const std::string& source);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  std::size_t num_members() const;
  /// Throws `ModelError` on a name that leads out of a folder: absolute, with "..", backslash or control
  /// characters.
  ZipMember member(std::size_t index) const;
  /// The text at the end of the archive; at most 64 KiB.
  std::string comment() const;
  /// The content of a stored member where it lies in the file, without a copy, if it is `size_bytes` long and
  /// has the checksum of the directory. Nothing otherwise: `read` then gives the content or the reason.
  std::optional<std::span<const std::byte>> view(std::size_t index, std::size_t size_bytes) const;
  /// Exactly `size_bytes` bytes, their checksum compared. The caller bounds the size. `name` is for messages.
  std::vector<std::byte> read(std::size_t index, std::size_t size_bytes, const std::string& name) const;

 private:
  zip* archive_ = nullptr;
  std::span<const std::byte> bytes_;
  std::vector<std::uint64_t> places_;  // of the members' local headers; empty for a directory of another kind
  const std::string& source_;
};

}  // namespace diar
