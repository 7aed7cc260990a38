// A recording in, what a stream of hours that is pushed as fast as it goes costs out.
#pragma once

#include <diar/engine.h>
#include <diar/live.h>

#include <string>
#include <vector>

namespace diar::live_bench {

/// Repeats the recordings until `hours` are full; without any, pushes as much silence. Prints a
/// line for each tenth of it and one for the end: resident memory, turns and labels, time of the clusterings.
void measure_long_run(const Engine& engine, const std::vector<std::string>& audio, const LiveOptions& options,
                      double hours);

}  // namespace diar::live_bench
