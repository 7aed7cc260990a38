// A live session in C: samples pushed in, events to count and to get out.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "diar/live.h"
#include "objects.h"

namespace diar::c_api {

/// With the callbacks of its options. `push` and `finish` belong to one thread at a time; the rest is for
/// any.
class LiveObject {
 public:
  LiveObject(const Engine& engine, std::int32_t sample_rate_hz, const RunOptions& options,
             const diar_live_options* live_options);

  void push(std::span<const float> samples);
  void push(std::span<const std::int16_t> samples);
  /// Takes new events in place of those it had; returns how many they are.
  std::size_t poll();
  diar_event event(std::uint64_t index) const;
  const std::string& event_json(std::uint64_t index) const;
  SessionStatus status() const { return session_.status(); }
  DiarizationOutput finish();
  void cancel() noexcept { session_.cancel(); }

  mutable MessageSlot message;

 private:
  template <typename Sample>
  void push_pieces(std::span<const Sample> samples);
  const LiveEvent& checked(std::uint64_t index) const;

  RunOptions options_;
  std::int32_t sample_rate_hz_;
  LiveSession session_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> closed_{false};

  mutable std::mutex mutex_;  // of what follows
  std::vector<LiveEvent> events_;
  std::vector<diar_label> labels_;         // of the final event
  mutable std::deque<std::string> lines_;  // one for each event, empty until asked for
};

using LiveSessions = HandleTable<diar_live, LiveObject>;
/// Never destroyed, as the others.
LiveSessions& live_sessions();

}  // namespace diar::c_api
