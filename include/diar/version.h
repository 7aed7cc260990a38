// The library's version.
#pragma once

#include "diar/export.h"

namespace diar {

/// "major.minor.patch", of the library that is linked.
DIAR_API const char* version() noexcept;

}  // namespace diar
