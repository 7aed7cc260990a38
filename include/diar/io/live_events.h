// Events of a live session in, JSON lines out; docs/schema/live-events.schema.json describes them.
#pragma once

#include <string>

#include "diar/export.h"
#include "diar/live.h"

namespace diar {

/// One JSON object and a line feed. Times are written so that reading them gives the same numbers.
DIAR_API std::string to_json_line(const LiveEvent& event);

}  // namespace diar
