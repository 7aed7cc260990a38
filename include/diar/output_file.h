// Results into files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "diar/export.h"

namespace diar {

/// Writes a temporary file beside `path`, syncs it and renames it over `path`; an existing file keeps its
/// mode. Throws `OutputError` naming the path and the system's reason; nothing is left behind then.
DIAR_API void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace diar
