// Text in, a file that appears whole or not at all out.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace diar {

/// A temporary file beside its target; `commit` renames it there, destruction without commit removes it. Not
/// thread-safe.
class AtomicFile {
 public:
  /// Throws `OutputError` when the target is a directory or the temporary file cannot be made.
  explicit AtomicFile(const std::filesystem::path& target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws `OutputError` naming the target and the system's reason (a full disk, ...).
  void write(std::string_view bytes);
  /// Syncs and renames. An existing target keeps its mode; a new one gets what the umask allows.
  void commit();

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path target_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace diar
