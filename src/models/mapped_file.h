// A file in, its bytes out, mapped rather than read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "core/internal_export.h"

namespace diar {

/// Bytes stay valid as long as `owner` lives.
struct MappedFile {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// Throws `ModelError` naming the path and the reason. An empty file gives empty bytes.
DIAR_INTERNAL_API MappedFile map_file(const std::filesystem::path& path);

}  // namespace diar
