// What a run has found, to count, to get and to write.
#include "diar/output_file.h"
#include "objects.h"

namespace diar::c_api {
namespace {

/// The labels of those whom the book knows, with their names.
SpeakerNames names_of(const std::vector<SpeakerIdentity>& identities) {
  SpeakerNames names;
  for (const SpeakerIdentity& identity : identities) {
    if (!identity.name.empty()) names.emplace(identity.speaker, identity.name);
  }
  return names;
}

}  // namespace
}  // namespace diar::c_api

extern "C" {

uint64_t diar_result_num_turns(const diar_result* result, int32_t kind) {
  using namespace diar::c_api;
  uint64_t count = 0;
  with_object(results(), result, [&](const ResultObject& object) { count = object.turns(kind).size(); });
  return count;
}

diar_status diar_result_turn(const diar_result* result, int32_t kind, uint64_t index, diar_turn* turn) {
  using namespace diar::c_api;
  return with_object(results(), result, [&](const ResultObject& object) {
    require(turn != nullptr, "the place for the turn is null");
    const auto& turns = object.turns(kind);
    require(index < turns.size(), "there are not so many turns");
    *turn = turns[index];
  });
}

uint64_t diar_result_num_speakers(const diar_result* result) {
  using namespace diar::c_api;
  uint64_t count = 0;
  with_object(results(), result, [&](const ResultObject& object) { count = object.speakers().size(); });
  return count;
}

diar_status diar_result_speaker(const diar_result* result, uint64_t index, diar_speaker* speaker) {
  using namespace diar::c_api;
  return with_object(results(), result, [&](const ResultObject& object) {
    require(index < object.speakers().size(), "there are not so many speakers");
    write_struct(speaker, object.speakers()[index]);
  });
}

double diar_result_duration_s(const diar_result* result) {
  using namespace diar::c_api;
  double duration_s = 0.0;
  with_object(results(), result,
              [&](const ResultObject& object) { duration_s = object.document().duration_s; });
  return duration_s;
}

uint64_t diar_result_num_windows(const diar_result* result) {
  using namespace diar::c_api;
  uint64_t count = 0;
  with_object(results(), result, [&](const ResultObject& object) { count = object.num_windows; });
  return count;
}

diar_status diar_result_timings(const diar_result* result, diar_timings* timings) {
  using namespace diar::c_api;
  return with_object(results(), result, [&](const ResultObject& object) {
    const diar::StageTimings& spent = object.timings;
    write_struct(timings, {sizeof(diar_timings), spent.audio_s, spent.segmentation_s, spent.embedding_s,
                           spent.clustering_s, spent.reconstruction_s, spent.total_s});
  });
}

diar_status diar_result_text(const diar_result* result, const char* format, int32_t kind, const char** text,
                             uint64_t* length) {
  using namespace diar::c_api;
  return with_object(results(), result, [&](const ResultObject& object) {
    require(text != nullptr, "the place for the text is null");
    const std::string& made = object.text(format, kind);
    *text = made.c_str();
    if (length != nullptr) *length = made.size();
  });
}

diar_status diar_result_write(const diar_result* result, const char* format, int32_t kind, const char* path) {
  using namespace diar::c_api;
  return with_object(results(), result, [&](const ResultObject& object) {
    require(path != nullptr && *path != '\0', "no file is named");
    diar::write_file_atomically(path, object.text(format, kind));
  });
}

diar_status diar_result_identify(const diar_result* result, diar_engine* engine, const char* book,
                                 const diar_identify_options* options, diar_result** named) {
  using namespace diar::c_api;
  if (named != nullptr) *named = nullptr;
  return with_object(results(), result, [&](const ResultObject& object) {
    const auto holder = engines().find(engine);
    const diar::Engine& model = existing(holder).engine;
    require(named != nullptr, "the place for the named result is null");
    require(book != nullptr && *book != '\0', "no book of voices is named");
    const diar::IdentifyOptions chosen = read_identify_options(options);
    const diar::VoiceBook voices = diar::read_voice_book(book);
    const diar::VoiceMatcher matcher(voices, model.voice_scoring(), model.encoder_id(),
                                     model.voice_calibration());
    diar::ResultDocument document = object.document();
    document.identities = matcher.identify(document.embeddings, document.diarization, chosen);
    const diar::SpeakerNames names = names_of(document.identities);
    *named = results().add(std::make_shared<ResultObject>(object, diar::renamed(std::move(document), names)));
  });
}

const char* diar_result_message(const diar_result* result) {
  return diar::c_api::message_of(diar::c_api::results(), result);
}

diar_status diar_result_free(diar_result* result) {
  using namespace diar::c_api;
  if (result == nullptr) return DIAR_OK;
  return guarded(nullptr, [&] { existing(results().take(result)); });
}

}  // extern "C"
