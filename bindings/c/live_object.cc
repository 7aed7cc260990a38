#include "live_object.h"

#include "../paced_push.h"
#include "diar/io/live_events.h"

namespace diar::c_api {
namespace {

diar_turn_state state_of(TurnState state) {
  switch (state) {
    case TurnState::kTentative:
      return DIAR_TURN_TENTATIVE;
    case TurnState::kStable:
      return DIAR_TURN_STABLE;
    default:
      return DIAR_TURN_FINAL;
  }
}

/// One event in C's words, which point into it; the labels of the last one are the caller's to add.
struct Viewer {
  diar_event& view;

  void operator()(const SpeakerStart& event) const {
    view.kind = DIAR_EVENT_SPEAKER_START;
    view.start_s = event.time_s;
    view.speaker = event.speaker.c_str();
  }
  void operator()(const SpeakerEnd& event) const {
    view.kind = DIAR_EVENT_SPEAKER_END;
    view.end_s = event.time_s;
    view.speaker = event.speaker.c_str();
  }
  void show(const LiveTurn& turn, diar_event_kind kind) const {
    view.kind = kind;
    view.turn_state = state_of(turn.state);
    view.turn_id = turn.id;
    view.start_s = turn.segment.start_s;
    view.end_s = turn.segment.end_s;
    view.speaker = turn.speaker.c_str();
    view.confidence = turn.confidence ? static_cast<double>(*turn.confidence) : -1.0;
  }
  void operator()(const TurnShown& event) const { show(event.turn, DIAR_EVENT_TURN); }
  void operator()(const TurnRevised& event) const {
    show(event.turn, DIAR_EVENT_TURN_REVISED);
    view.old_speaker = event.old_speaker.c_str();
  }
  void operator()(const TurnRemoved& event) const {
    view.kind = DIAR_EVENT_TURN_REMOVED;
    view.turn_id = event.id;
  }
  void operator()(const SpeakersMerged& event) const {
    view.kind = DIAR_EVENT_SPEAKERS_MERGED;
    view.speaker = event.into.c_str();
    view.old_speaker = event.from.c_str();
  }
  void operator()(const LiveProgress& event) const {
    view.kind = DIAR_EVENT_PROGRESS;
    view.pushed_s = event.pushed_s;
    view.shown_s = event.shown_s;
    view.num_windows = event.num_windows;
    view.num_speakers = event.num_speakers;
    view.num_dropped = event.num_dropped;
    view.num_clusterings = event.num_clusterings;
    view.clustering_s = event.clustering_s;
  }
  void operator()(const LiveFinal& event) const {
    view.kind = DIAR_EVENT_FINAL;
    view.equals_offline = event.equals_offline ? 1 : 0;
    view.duration_s = event.duration_s;
  }
};

}  // namespace

LiveSessions& live_sessions() {
  static LiveSessions& table = *new LiveSessions;
  return table;
}

LiveObject::LiveObject(const Engine& engine, std::int32_t sample_rate_hz, const RunOptions& options,
                       const diar_live_options* live_options)
    : options_(options),
      sample_rate_hz_(sample_rate_hz),
      session_(LiveSession::open(engine, read_live_options(options, live_options, sample_rate_hz))) {}

template <typename Sample>
void LiveObject::push_pieces(std::span<const Sample> samples) {
  const Turnstile turnstile(busy_);
  if (closed_.load()) throw CallError(DIAR_ERROR_ORDER, "this session has ended: open another one");
  if constexpr (std::is_same_v<Sample, float>) check_samples(samples);
  push_paced(session_, sample_rate_hz_, samples, [this](std::size_t windows_completed) {
    return options_.go_on({"networks", windows_completed, 0});
  });
}

void LiveObject::push(std::span<const float> samples) {
  push_pieces(samples);
}
void LiveObject::push(std::span<const std::int16_t> samples) {
  push_pieces(samples);
}

std::size_t LiveObject::poll() {
  const std::lock_guard lock(mutex_);
  std::vector<LiveEvent> events = session_.poll();
  std::vector<diar_label> labels;
  for (const LiveEvent& event : events) {
    if (const auto* final = std::get_if<LiveFinal>(&event)) {
      for (const auto& [live, offline] : final->offline_labels)
        labels.push_back({live.c_str(), offline.c_str()});
    }
  }
  std::deque<std::string> lines(events.size());
  // Moving a vector leaves what points into it valid.
  events_ = std::move(events);
  labels_ = std::move(labels);
  lines_ = std::move(lines);
  return events_.size();
}

// With the lock held.
const LiveEvent& LiveObject::checked(std::uint64_t index) const {
  require(index < events_.size(), "the last poll took fewer events");
  return events_[static_cast<std::size_t>(index)];
}

diar_event LiveObject::event(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  const LiveEvent& event = checked(index);
  diar_event view = {};
  view.struct_size = sizeof(view);
  std::visit(Viewer{view}, event);
  if (view.kind == DIAR_EVENT_FINAL) {
    view.labels = labels_.data();
    view.num_labels = labels_.size();
  }
  return view;
}

const std::string& LiveObject::event_json(std::uint64_t index) const {
  const std::lock_guard lock(mutex_);
  const LiveEvent& event = checked(index);
  std::string& line = lines_[static_cast<std::size_t>(index)];
  if (line.empty()) line = to_json_line(event);
  return line;
}

DiarizationOutput LiveObject::finish() {
  const Turnstile turnstile(busy_);
  if (closed_.exchange(true)) throw CallError(DIAR_ERROR_ORDER, "this session was finished before");
  return session_.finish([this](const Progress& progress) { return options_.go_on(progress); });
}

}  // namespace diar::c_api
