// How a run came about in, the members of a JSON result that say so out.
#pragma once

#include <nlohmann/json.hpp>

#include "diar/io/formats.h"

namespace diar {

/// "elapsed_s", "model", "device", and "speed" and "timings" where they are known.
nlohmann::ordered_json run_members(const RunInfo& run);

}  // namespace diar
