// Results into files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "diar/export.h"

namespace diar {

/// What happens to a file that has the name already.
enum class Existing {
  kReplace,
  kKeep,  ///< it stays as it is, and writing throws `OutputError`
};

/// Writes a temporary file beside `path`, syncs it and renames it over `path`; an existing file keeps its
/// permission bits (without set-uid and set-gid), and one that is read-only stays. Links are followed, as in
/// `output_destination`. Throws `OutputError` naming the path and the system's reason; nothing is left behind
/// then.
DIAR_API void write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                    Existing existing = Existing::kReplace);

/// The file that writing to `path` makes or replaces: absolute, every link followed, also one whose file is
/// not there yet; a device, pipe or socket under the name that it was given. Throws `OutputError` on links in
/// a circle.
DIAR_API std::filesystem::path output_destination(const std::filesystem::path& path);

/// Removes the temporary files of writes that have not ended: for a program that leaves at once, with
/// threads still at work. Those writes fail then. Thread-safe.
DIAR_API void remove_unfinished_files() noexcept;

}  // namespace diar
