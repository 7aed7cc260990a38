// Samples into a live session piece by piece, with a question to the caller before each: for the bindings of
// other languages.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <thread>

#include "diar/errors.h"
#include "diar/live.h"

namespace diar {

/// Pushes quarters of a second and waits outside of the session, so that `go_on(windows_completed)` is asked
/// often; false cancels the session and throws `Cancelled`. Samples are finite or 16 bits wide.
template <typename Sample, typename GoOn>
void push_paced(LiveSession& session, int sample_rate_hz, std::span<const Sample> samples, GoOn&& go_on) {
  constexpr std::chrono::milliseconds kWait{10};
  const auto most = static_cast<std::size_t>(sample_rate_hz / 4);
  do {
    const auto piece = samples.first(std::min(samples.size(), most));
    const double piece_s = static_cast<double>(piece.size()) / sample_rate_hz;
    while (true) {
      const SessionStatus status = session.status();
      if (!go_on(status.windows_completed)) {
        session.cancel();
        throw Cancelled();
      }
      // Where no window waits the session takes a piece at once, whatever its backlog holds.
      if (status.windows_waiting == 0 || status.waiting_s + piece_s <= status.capacity_s) break;
      std::this_thread::sleep_for(kWait);
    }
    session.push(piece);
    samples = samples.subspan(piece.size());
  } while (!samples.empty());
}

}  // namespace diar
