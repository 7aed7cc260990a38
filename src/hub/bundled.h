// The name of a model set in, where this installation has its own files of it out.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace diar {

/// ../share/diar/models/NAME beside the program or the library, or above; a build tree has a link there.
/// Nothing when there is no such directory.
std::optional<std::filesystem::path> find_bundled(const std::string& name);

}  // namespace diar
