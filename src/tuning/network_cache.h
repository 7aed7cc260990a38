// What the networks said about one recording: to a file, and back from it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "session/network_output.h"

namespace diar {

/// NAME-KEY.diarcache; of a long name the beginning, so that every file system takes it.
std::string network_cache_name(const std::string& recording, std::uint64_t key);

/// Throws `OutputError` when writing to `path` would cost somebody a file or could not succeed: links and
/// what is no cache stay as they are. To be asked before the networks run.
void check_network_cache_place(const std::filesystem::path& path);

/// `key` is what the results depend on, in a number. Layout in docs/tuning.md. Throws `OutputError`, also
/// what `check_network_cache_place` throws.
void write_network_cache(const std::filesystem::path& path, std::uint64_t key, const NetworkOutput& output);

/// Nothing when the file is missing, of another key or version, or damaged in any way; sizes are checked
/// against the file's before memory is taken.
std::optional<NetworkOutput> read_network_cache(const std::filesystem::path& path, std::uint64_t key);

}  // namespace diar
