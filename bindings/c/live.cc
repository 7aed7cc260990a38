// Streams that are labelled while they go on.
#include "live_object.h"

namespace diar::c_api {
namespace {

/// Looks a live session up, runs `body` with it and keeps the message of what fails.
template <typename Body>
diar_status with_live(const diar_live* handle, Body&& body) noexcept {
  const std::shared_ptr<LiveObject> object = live_sessions().find(handle);
  return guarded(object ? &object->message : nullptr, [&] { body(existing(object)); });
}

}  // namespace
}  // namespace diar::c_api

extern "C" {

int32_t diar_events_version(void) {
  return DIAR_EVENTS_VERSION;
}

const char* diar_event_kind_name(int32_t kind) {
  switch (kind) {
    case DIAR_EVENT_SPEAKER_START:
      return "speaker_start";
    case DIAR_EVENT_SPEAKER_END:
      return "speaker_end";
    case DIAR_EVENT_TURN:
      return "turn";
    case DIAR_EVENT_TURN_REVISED:
      return "turn_revised";
    case DIAR_EVENT_TURN_REMOVED:
      return "turn_removed";
    case DIAR_EVENT_SPEAKERS_MERGED:
      return "speakers_merged";
    case DIAR_EVENT_PROGRESS:
      return "progress";
    case DIAR_EVENT_FINAL:
      return "final";
    default:
      return "unknown";
  }
}

diar_status diar_live_open(diar_engine* engine, int32_t sample_rate_hz, const diar_options* options,
                           const diar_live_options* live_options, diar_live** live) {
  using namespace diar::c_api;
  if (live != nullptr) *live = nullptr;
  const std::shared_ptr<EngineObject> object = engines().find(engine);
  return guarded(object ? &object->message : nullptr, [&] {
    const diar::Engine& loaded = existing(object).engine;
    require(live != nullptr, "the place for the live session is null");
    *live = live_sessions().add(
        std::make_shared<LiveObject>(loaded, sample_rate_hz, read_options(options), live_options));
  });
}

diar_status diar_live_push_float(diar_live* live, const float* samples, uint64_t num_samples) {
  using namespace diar::c_api;
  return with_live(live, [&](LiveObject& object) { object.push(span_of(samples, num_samples)); });
}

diar_status diar_live_push_int16(diar_live* live, const int16_t* samples, uint64_t num_samples) {
  using namespace diar::c_api;
  return with_live(live, [&](LiveObject& object) { object.push(span_of(samples, num_samples)); });
}

diar_status diar_live_poll(diar_live* live, uint64_t* num_events) {
  using namespace diar::c_api;
  return with_live(live, [&](LiveObject& object) {
    const std::size_t count = object.poll();
    if (num_events != nullptr) *num_events = count;
  });
}

diar_status diar_live_event(const diar_live* live, uint64_t index, diar_event* event) {
  using namespace diar::c_api;
  return with_live(live, [&](const LiveObject& object) { write_struct(event, object.event(index)); });
}

diar_status diar_live_event_json(const diar_live* live, uint64_t index, const char** text, uint64_t* length) {
  using namespace diar::c_api;
  return with_live(live, [&](const LiveObject& object) {
    require(text != nullptr, "the place for the text is null");
    const std::string& line = object.event_json(index);
    *text = line.c_str();
    if (length != nullptr) *length = line.size();
  });
}

diar_status diar_live_state(const diar_live* live, diar_session_state* state) {
  using namespace diar::c_api;
  return with_live(live, [&](const LiveObject& object) { write_struct(state, state_of(object.status())); });
}

diar_status diar_live_finish(diar_live* live, diar_result** result) {
  using namespace diar::c_api;
  if (result != nullptr) *result = nullptr;
  return with_live(live, [&](LiveObject& object) {
    require(result != nullptr, "the place for the result is null");
    *result = results().add(std::make_shared<ResultObject>(object.finish(), ""));
  });
}

diar_status diar_live_cancel(diar_live* live) {
  using namespace diar::c_api;
  return with_live(live, [](LiveObject& object) { object.cancel(); });
}

const char* diar_live_message(const diar_live* live) {
  const auto object = diar::c_api::live_sessions().find(live);
  return object ? object->message.get() : "";
}

diar_status diar_live_free(diar_live* live) {
  using namespace diar::c_api;
  if (live == nullptr) return DIAR_OK;
  return guarded(nullptr, [&] { existing(live_sessions().take(live)).cancel(); });
}

}  // extern "C"
