// Recordings in, whether live sessions end as whole runs do out.
#pragma once

#include <diar/engine.h>

#include <string>
#include <vector>

namespace diar::live_bench {

/// Each recording whole through `engine`, then `count` times in random pieces and at all latencies through
/// `live_engine`, which may be one that remembers. Prints a line for each recording; false when any result or
/// replay differs.
bool measure_equality(const Engine& engine, const Engine& live_engine, const std::vector<std::string>& audio,
                      const SessionOptions& session, std::uint32_t count);

}  // namespace diar::live_bench
