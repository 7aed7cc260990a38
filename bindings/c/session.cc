// Recordings that come in pieces.
#include "objects.h"

namespace diar::c_api {
namespace {

/// Looks a session up, runs `body` with it and keeps the message of what fails.
template <typename Body>
diar_status with_session(const diar_session* handle, Body&& body) noexcept {
  const std::shared_ptr<SessionObject> object = sessions().find(handle);
  return guarded(object ? &object->message : nullptr, [&] { body(existing(object)); });
}

template <typename Sample>
diar_status push(diar_session* handle, const Sample* samples, std::uint64_t num_samples) noexcept {
  return with_session(handle, [&](SessionObject& session) { session.push(span_of(samples, num_samples)); });
}

}  // namespace
}  // namespace diar::c_api

extern "C" {

diar_status diar_session_open(diar_engine* engine, int32_t sample_rate_hz, const diar_options* options,
                              diar_session** session) {
  using namespace diar::c_api;
  if (session != nullptr) *session = nullptr;
  const std::shared_ptr<EngineObject> object = engines().find(engine);
  return guarded(object ? &object->message : nullptr, [&] {
    const diar::Engine& loaded = existing(object).engine;
    require(session != nullptr, "the place for the session is null");
    *session = sessions().add(std::make_shared<SessionObject>(loaded, sample_rate_hz, read_options(options)));
  });
}

diar_status diar_session_push_float(diar_session* session, const float* samples, uint64_t num_samples) {
  return diar::c_api::push(session, samples, num_samples);
}

diar_status diar_session_push_int16(diar_session* session, const int16_t* samples, uint64_t num_samples) {
  return diar::c_api::push(session, samples, num_samples);
}

diar_status diar_session_poll(const diar_session* session, diar_session_state* state) {
  using namespace diar::c_api;
  return with_session(session,
                      [&](const SessionObject& object) { write_struct(state, state_of(object.status())); });
}

diar_status diar_session_finish(diar_session* session, diar_result** result) {
  using namespace diar::c_api;
  if (result != nullptr) *result = nullptr;
  return with_session(session, [&](SessionObject& object) {
    require(result != nullptr, "the place for the result is null");
    *result = results().add(std::make_shared<ResultObject>(object.finish(), ""));
  });
}

diar_status diar_session_cancel(diar_session* session) {
  using namespace diar::c_api;
  return with_session(session, [](SessionObject& object) { object.cancel(); });
}

const char* diar_session_message(const diar_session* session) {
  const auto object = diar::c_api::sessions().find(session);
  return object ? object->message.get() : "";
}

diar_status diar_session_free(diar_session* session) {
  using namespace diar::c_api;
  if (session == nullptr) return DIAR_OK;
  return guarded(nullptr, [&] { existing(sessions().take(session)).cancel(); });
}

}  // extern "C"
