// A recording in, what a live session makes of it out when it comes in pieces of any size.
#pragma once

#include <diar/io/rttm.h>
#include <diar/live.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "engine/output_text.h"

namespace diar::live_test {

/// Everything that a stream said, and what its replay leaves.
struct Stream {
  std::string result;    ///< all of it, as `engine_test::text_of`
  std::string offline;   ///< the result's turns, RTTM
  std::string replayed;  ///< the events' turns, RTTM
  std::size_t num_events = 0;
  LiveFinal final;
};

/// Pieces of 1 to 2^19 samples, as the seed draws them; now and then everything that is due is waited for,
/// now and then events are taken.
template <class Sample>
Stream run_in_pieces(const Engine& engine, std::span<const Sample> samples, std::uint32_t seed,
                     const LiveOptions& options = {}) {
  std::mt19937 random(seed);
  Stream run;
  LiveTurns turns;
  LiveSession session = LiveSession::open(engine, options);
  const auto take = [&] {
    for (const LiveEvent& event : session.poll()) {
      turns.apply(event);
      ++run.num_events;
      if (const auto* final = std::get_if<LiveFinal>(&event)) run.final = *final;
    }
  };
  while (!samples.empty()) {
    const std::size_t most = std::size_t{1} << (random() % 20);
    const std::size_t count = std::min<std::size_t>(1 + random() % most, samples.size());
    session.push(samples.first(count));
    samples = samples.subspan(count);
    if (random() % 8 == 0) session.settle();
    if (random() % 3 == 0) take();
  }
  const DiarizationOutput output = session.finish();
  take();
  run.result = engine_test::text_of(output);
  run.offline = to_rttm(output.diarization, 6);
  run.replayed = to_rttm(turns.annotation(output.diarization.uri()), 6);
  return run;
}

}  // namespace diar::live_test
