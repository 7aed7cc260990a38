// Marks what libdiar exports for libdiar_io and libdiar_hub alone: not in the public headers, and free to
// change.
#pragma once

#include "diar/export.h"

#define DIAR_INTERNAL_API DIAR_API
