// A file of the cache while it is being fetched: it grows at its end, is hashed, and gets its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "hub/safe_directory.h"

namespace diar {

/// Holds its file open; one thread at a time. Throws `OutputError` when the disk refuses.
class PartialFile {
 public:
  /// Opens `name` in `directory` (which must outlive it), with what an earlier transfer left there.
  PartialFile(const SafeDirectory& directory, std::string name);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  std::uint64_t size_bytes() const noexcept { return size_bytes_; }
  void clear();
  void append(std::span<const std::byte> bytes);
  void sync() const;
  /// Of all bytes, in lower-case hexadecimal.
  std::string sha256() const;
  /// Gives it its name in the same directory; replaces what is there.
  void publish(const std::string& name);
  /// Takes it away.
  void discard();

 private:
  [[noreturn]] void fail() const;

  const SafeDirectory& directory_;
  std::string name_;
  int descriptor_;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace diar
