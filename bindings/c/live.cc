// Streams that are labelled while they go on.
#include "live_object.h"

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
  return with_object(engines(), engine, [&](const EngineObject& object) {
    require(live != nullptr, "the place for the live session is null");
    *live = live_sessions().add(
        std::make_shared<LiveObject>(object.engine, sample_rate_hz, read_options(options), live_options));
  });
}

diar_status diar_live_push_float(diar_live* live, const float* samples, uint64_t num_samples) {
  using namespace diar::c_api;
  return with_object(live_sessions(), live,
                     [&](LiveObject& object) { object.push(span_of(samples, num_samples)); });
}

diar_status diar_live_push_int16(diar_live* live, const int16_t* samples, uint64_t num_samples) {
  using namespace diar::c_api;
  return with_object(live_sessions(), live,
                     [&](LiveObject& object) { object.push(span_of(samples, num_samples)); });
}

diar_status diar_live_poll(diar_live* live, uint64_t* num_events) {
  using namespace diar::c_api;
  return with_object(live_sessions(), live, [&](LiveObject& object) {
    const std::size_t count = object.poll();
    if (num_events != nullptr) *num_events = count;
  });
}

diar_status diar_live_event(const diar_live* live, uint64_t index, diar_event* event) {
  using namespace diar::c_api;
  return with_object(live_sessions(), live,
                     [&](const LiveObject& object) { write_struct(event, object.event(index)); });
}

diar_status diar_live_event_json(const diar_live* live, uint64_t index, const char** text, uint64_t* length) {
  using namespace diar::c_api;
  return with_object(live_sessions(), live, [&](const LiveObject& object) {
    require(text != nullptr, "the place for the text is null");
    const std::string& line = object.event_json(index);
    *text = line.c_str();
    if (length != nullptr) *length = line.size();
  });
}

diar_status diar_live_state(const diar_live* live, diar_session_state* state) {
  using namespace diar::c_api;
  return with_object(live_sessions(), live,
                     [&](const LiveObject& object) { write_struct(state, state_of(object.status())); });
}

diar_status diar_live_finish(diar_live* live, diar_result** result) {
  using namespace diar::c_api;
  if (result != nullptr) *result = nullptr;
  return with_object(live_sessions(), live, [&](LiveObject& object) {
    require(result != nullptr, "the place for the result is null");
    *result = results().add(std::make_shared<ResultObject>(object.finish(), ""));
  });
}

diar_status diar_live_cancel(diar_live* live) {
  using namespace diar::c_api;
  return with_object(live_sessions(), live, [](LiveObject& object) { object.cancel(); });
}

const char* diar_live_message(const diar_live* live) {
  return diar::c_api::message_of(diar::c_api::live_sessions(), live);
}

diar_status diar_live_free(diar_live* live) {
  using namespace diar::c_api;
  if (live == nullptr) return DIAR_OK;
  return guarded(nullptr, [&] { existing(live_sessions().take(live)).cancel(); });
}

}  // extern "C"
