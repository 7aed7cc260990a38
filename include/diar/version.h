// The library's version: as macros, of the headers that are included, and as a function, of the library that
// runs.
#pragma once

#include "diar/export.h"

// CMake reads the project's version from these lines.
#define DIAR_VERSION_MAJOR 0
#define DIAR_VERSION_MINOR 1
#define DIAR_VERSION_PATCH 0

namespace diar {

/// "major.minor.patch", of the library that is linked.
DIAR_API const char* version() noexcept;

}  // namespace diar
