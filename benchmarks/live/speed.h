// A recording in, how late events come while several streams of it run in real time out.
#pragma once

#include <diar/engine.h>
#include <diar/live.h>

#include <string>

namespace diar::live_bench {

/// Prints one line.
void measure_speed(const Engine& engine, const std::string& audio, LiveOptions options,
                   std::size_t num_streams, double seconds);

}  // namespace diar::live_bench
