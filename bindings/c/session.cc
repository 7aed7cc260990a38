// Recordings that come in pieces.
#include "objects.h"

namespace diar::c_api {
namespace {

template <typename Sample>
diar_status push(diar_session* handle, const Sample* samples, std::uint64_t num_samples) noexcept {
  return with_object(sessions(), handle,
                     [&](SessionObject& session) { session.push(span_of(samples, num_samples)); });
}

}  // namespace
}  // namespace diar::c_api

extern "C" {

diar_status diar_session_open(diar_engine* engine, int32_t sample_rate_hz, const diar_options* options,
                              diar_session** session) {
  using namespace diar::c_api;
  if (session != nullptr) *session = nullptr;
  return with_object(engines(), engine, [&](const EngineObject& object) {
    require(session != nullptr, "the place for the session is null");
    *session =
        sessions().add(std::make_shared<SessionObject>(object.engine, sample_rate_hz, read_options(options)));
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
  return with_object(sessions(), session,
                     [&](const SessionObject& object) { write_struct(state, state_of(object.status())); });
}

diar_status diar_session_finish(diar_session* session, diar_result** result) {
  using namespace diar::c_api;
  if (result != nullptr) *result = nullptr;
  return with_object(sessions(), session, [&](SessionObject& object) {
    require(result != nullptr, "the place for the result is null");
    *result = results().add(std::make_shared<ResultObject>(object.finish(), ""));
  });
}

diar_status diar_session_cancel(diar_session* session) {
  using namespace diar::c_api;
  return with_object(sessions(), session, [](SessionObject& object) { object.cancel(); });
}

const char* diar_session_message(const diar_session* session) {
  return diar::c_api::message_of(diar::c_api::sessions(), session);
}

diar_status diar_session_free(diar_session* session) {
  using namespace diar::c_api;
  if (session == nullptr) return DIAR_OK;
  return guarded(nullptr, [&] { existing(sessions().take(session)).cancel(); });
}

}  // extern "C"
