// A path in, the file's bytes out, with a bound on their number.
#pragma once

#include <filesystem>
#include <string>

#include "core/internal_export.h"

namespace diar {

/// Reads a whole text file of at most 256 MiB. Throws `InputError` naming the path when it cannot be opened
/// or read, is a directory, or is larger.
DIAR_INTERNAL_API std::string read_text_file(const std::filesystem::path& path);

}  // namespace diar
