// What the networks said about one recording: to a file, and back from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "session/network_output.h"

namespace diar {

/// `key` is what the results depend on, in a number. Layout in docs/tuning.md. Throws `OutputError`.
void write_network_cache(const std::filesystem::path& path, std::uint64_t key, const NetworkOutput& output);

/// Nothing when the file is missing, of another key or version, or damaged in any way; sizes are checked
/// against the file's before memory is taken.
std::optional<NetworkOutput> read_network_cache(const std::filesystem::path& path, std::uint64_t key);

}  // namespace diar
