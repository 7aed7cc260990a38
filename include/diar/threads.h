// How many cores there are to use.
#pragma once

#include "diar/export.h"

namespace diar {

/// Cores that this process may use (its affinity mask), at least 1.
DIAR_API int default_num_threads() noexcept;

}  // namespace diar
