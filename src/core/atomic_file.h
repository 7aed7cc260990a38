// Text in, a file that appears whole or not at all out.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/internal_export.h"
#include "diar/output_file.h"

namespace diar {

/// While it lives, `remove_unfinished_files` removes the path, a directory with all that it holds.
class DIAR_INTERNAL_API UnfinishedPath {
 public:
  explicit UnfinishedPath(std::filesystem::path path);
  ~UnfinishedPath();
  UnfinishedPath(const UnfinishedPath&) = delete;
  UnfinishedPath& operator=(const UnfinishedPath&) = delete;

  /// Runs `publish`, which gives it its name, unless all has been removed; never at the same time as that.
  void finish(const std::function<void()>& publish);

 private:
  std::filesystem::path path_;
};

/// A temporary file beside its target; `commit` renames it there, destruction without commit removes it. Not
/// thread-safe.
class AtomicFile {
 public:
  /// `mode`: permission bits of a new file, less the umask's. Throws `OutputError` when the target is a
  /// directory or the temporary file cannot be made.
  explicit AtomicFile(const std::filesystem::path& target, Existing existing = Existing::kReplace,
                      unsigned mode = 0666);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws `OutputError` naming the target and the system's reason (a full disk, ...).
  void write(std::string_view bytes);
  /// Syncs and renames. An existing target keeps its permission bits, without set-uid and set-gid; a new one
  /// gets its mode. With `Existing::kKeep` throws `OutputError` when the target is there by now.
  void commit();

 private:
  void open_temporary(unsigned mode);
  void commit_if_absent();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path name_;    // as given, for messages
  std::filesystem::path target_;  // its links followed
  Existing existing_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace diar
