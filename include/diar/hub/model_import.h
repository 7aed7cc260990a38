// Files, folders and archives in, a complete set of the cache out: whatever they are called, what they hold
// tells.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "diar/export.h"
#include "diar/hub/model_store.h"

namespace diar {

/// One file of a set, and where it was found.
struct ImportedFile {
  std::string file;  ///< relative to the set
  std::uint64_t size_bytes = 0;
  std::string sha256;    ///< in lower-case hexadecimal
  std::string found_in;  ///< a path, "ARCHIVE: MEMBER", or "the cache"; empty while the file is missing
};

struct ImportReport {
  ModelLocation location;  ///< its path is empty while files are missing
  std::string package;     ///< the PyPI package that has what this project does not ship, as pip names it
  std::vector<ImportedFile> files;
  std::uint64_t added_bytes = 0;  ///< what is new in the cache
};

struct ImportOptions {
  /// Asked between files; true ends the import with `Cancelled`. What was found by then stays in the cache.
  std::function<bool()> interrupted;
};

/// Completes `set`, one of those whose `ModelSet::package` is not empty, in the hub's cache. Each of its
/// files is known by its SHA-256, and is taken from the cache, from what this installation ships, from other
/// sets that are installed, or from `inputs`: files, directories with all below them, and zip archives such
/// as wheels, in which members are never written under their own names. Only members and files of exactly the
/// expected size are read. Calling it again adds nothing; what is missing can come in a later call. The set
/// appears once all is there. Throws `ModelError` (no such set, an input that cannot be read, a damaged
/// archive), `OutputError` (cache not writable), `Cancelled`.
DIAR_API ImportReport import_model(const std::string& set, const std::vector<std::filesystem::path>& inputs,
                                   const ImportOptions& options = {});

}  // namespace diar
