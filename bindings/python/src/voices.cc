// Known voices.
#include "voices.h"

#include <filesystem>

#include "diar/engine.h"
#include "module.h"

namespace diar::python {

SpeakerIdentity identity_of(const IdentityTuple& identity) {
  const auto& [speaker, name, reason, speech_s, candidates] = identity;
  SpeakerIdentity made{speaker, name, parse_identity_reason(reason), speech_s, {}};
  for (const auto& [candidate, llr, probability] : candidates)
    made.candidates.push_back({candidate, llr, probability});
  return made;
}

namespace {

IdentityTuple tuple_of(const SpeakerIdentity& identity) {
  std::vector<CandidateTuple> candidates;
  for (const VoiceScore& score : identity.candidates)
    candidates.emplace_back(score.name, score.llr, score.probability);
  return {identity.speaker, identity.name, std::string(to_string(identity.reason)), identity.speech_s,
          std::move(candidates)};
}

/// Each speaker against a book: one identity for each embedding, in their order.
std::vector<IdentityTuple> identify(
    const Engine& engine, const std::string& book_path,
    const std::vector<std::tuple<std::string, std::vector<float>>>& embeddings,
    const std::vector<TurnTuple>& turns, double threshold, double margin, double min_speech_s,
    const std::vector<std::string>& only) {
  const nb::gil_scoped_release release;
  std::vector<SpeakerEmbedding> speakers;
  for (const auto& [speaker, values] : embeddings) speakers.push_back({speaker, values});
  const std::filesystem::path path = book_path.empty() ? default_voice_book() : book_path.c_str();
  const VoiceBook book = read_voice_book(path);
  const VoiceMatcher matcher(book, engine.voice_scoring(), engine.encoder_id(), engine.voice_calibration());
  IdentifyOptions options{threshold, margin, min_speech_s, only};
  std::vector<IdentityTuple> found;
  for (const SpeakerIdentity& identity : matcher.identify(speakers, annotation_of("", turns), options))
    found.push_back(tuple_of(identity));
  return found;
}

}  // namespace

void define_voices(nb::module_& module) {
  module.def("identify", &identify, nb::arg("engine"), nb::arg("book"), nb::arg("embeddings"),
             nb::arg("turns"), nb::arg("threshold"), nb::arg("margin"), nb::arg("min_speech_s"),
             nb::arg("only"));
}

}  // namespace diar::python
