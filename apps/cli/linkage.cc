#include "linkage.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "enrol.h"
#include "interrupt.h"

namespace diar::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string label_of(std::size_t voice) {
  char label[32];
  std::snprintf(label, sizeof(label), "SPEAKER_%02zu", voice);
  return label;
}

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

std::vector<double> speech_of(const ResultDocument& document) {
  std::map<std::string, double> speech_s;
  for (const SpeakerTotal& total : document.diarization.totals()) speech_s[total.speaker] = total.speech_s;
  std::vector<double> result;
  for (const SpeakerEmbedding& embedding : document.embeddings) result.push_back(speech_s[embedding.speaker]);
  return result;
}

// Each voice as if it were a speaker of one recording.
std::vector<SpeakerIdentity> identities_of(const LinkedSpeakers& linked, const VoiceMatcher& matcher,
                                           const IdentifyOptions& options) {
  std::vector<SpeakerEmbedding> voices;
  std::vector<Turn> turns;
  for (std::size_t voice = 0; voice < linked.voices.size(); ++voice) {
    voices.push_back({label_of(voice), linked.voices[voice].embedding});
    turns.push_back({{0.0, linked.voices[voice].speech_s}, label_of(voice)});
  }
  return matcher.identify(voices, Annotation({}, std::move(turns)), options);
}

}  // namespace

SpeakerNames enrol_strangers(const std::filesystem::path& book, const std::string& prefix,
                             const std::string& encoder_id, const std::vector<Stranger>& strangers) {
  SpeakerNames names;
  const auto add = [&](VoiceBook& voices) {
    std::size_t number = 0;
    for (const Stranger& stranger : strangers) {
      std::string name;
      do {
        name = prefix + " " + std::to_string(++number);
      } while (voices.find(name) != nullptr);
      for (const VoiceSample& sample : stranger.samples) voices.add(name, sample, encoder_id);
      names.emplace(stranger.label, name);
    }
  };
  edit_voice_book(book, add, {interrupted});
  return names;
}

void Linkage::keep(std::size_t index, ResultDocument document) {
  const std::lock_guard lock(mutex_);
  documents_[index] = std::move(document);
}

std::vector<Stranger> Linkage::strangers(const SpeakerNames& names) const {
  std::vector<Stranger> result;
  for (std::size_t voice = 0; voice < linked_.voices.size(); ++voice) {
    Stranger stranger{label_of(voice), {}};
    if (names.contains(stranger.label)) continue;
    for (std::size_t r = 0; r < documents_.size(); ++r) {
      for (std::size_t s = 0; s < linked_.voice_of[r].size(); ++s) {
        if (linked_.voice_of[r][s] != voice || stranger.samples.size() == VoiceBook::kMaxSamples) continue;
        const SpeakerEmbedding& heard = documents_[r]->embeddings[s];
        const double clean_s = clean_speech_s(documents_[r]->diarization, heard.speaker);
        if (clean_s >= EnrolmentOptions().min_clean_s)
          stranger.samples.push_back({heard.values, documents_[r]->diarization.uri(), clean_s, today()});
      }
    }
    if (!stranger.samples.empty()) result.push_back(std::move(stranger));
  }
  return result;
}

void Linkage::link(const Engine& engine, const VoiceMatcher* matcher, const SpeakerNames& given,
                   const Options& options) {
  std::vector<RecordingSpeakers> recordings;
  for (const auto& document : documents_) {
    recordings.emplace_back();
    if (document) recordings.back() = {document->embeddings, speech_of(*document)};
  }
  linked_ = link_speakers(recordings, engine.voice_scoring(), engine.voice_calibration());
  std::vector<SpeakerIdentity> identities;
  if (matcher != nullptr) identities = identities_of(linked_, *matcher, options.identify);
  SpeakerNames names = given;
  names.merge(names_of(identities, given));
  if (options.name_strangers) names.merge(options.name_strangers(strangers(names)));
  for (std::size_t voice = 0; voice < linked_.voices.size(); ++voice) {
    const auto named = names.find(label_of(voice));
    label_.push_back(named == names.end() ? label_of(voice) : named->second);
  }
  for (std::size_t r = 0; r < documents_.size(); ++r) {
    if (!documents_[r]) continue;
    ResultDocument& document = *documents_[r];
    SpeakerNames common;
    for (std::size_t s = 0; s < document.embeddings.size(); ++s) {
      const std::size_t voice = linked_.voice_of[r][s];
      common.emplace(document.embeddings[s].speaker, label_[voice]);
      if (matcher == nullptr) continue;
      document.identities.push_back(identities[voice]);
      // Renamed with the rest.
      document.identities.back().speaker = document.embeddings[s].speaker;
    }
    if (!options.keep_embeddings) document.embeddings.clear();
    document = renamed(std::move(document), common);
  }
}

const ResultDocument* Linkage::document(std::size_t index) const {
  return documents_[index] ? &*documents_[index] : nullptr;
}

std::string Linkage::report() const {
  std::vector<Json> appearances(label_.size(), Json::array());
  std::size_t num_recordings = 0;
  for (std::size_t r = 0; r < documents_.size(); ++r) {
    if (!documents_[r]) continue;
    ++num_recordings;
    std::map<std::string, SpeakerTotal> totals;
    for (SpeakerTotal& total : documents_[r]->diarization.totals()) {
      const std::string speaker = total.speaker;
      totals.emplace(speaker, std::move(total));
    }
    for (const std::size_t voice : linked_.voice_of[r]) {
      const SpeakerTotal& total = totals[label_[voice]];
      appearances[voice].push_back({{"uri", documents_[r]->diarization.uri()},
                                    {"input", documents_[r]->input},
                                    {"speech_s", rounded(total.speech_s)},
                                    {"num_turns", total.num_turns}});
    }
  }
  Json speakers = Json::array();
  for (std::size_t voice = 0; voice < label_.size(); ++voice) {
    speakers.push_back({{"speaker", label_[voice]},
                        {"speech_s", rounded(linked_.voices[voice].speech_s)},
                        {"recordings", std::move(appearances[voice])}});
  }
  const Json json = {{"format", "diarize.cpp linked speakers"},
                     {"version", 1},
                     {"num_recordings", num_recordings},
                     {"speakers", std::move(speakers)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace diar::cli
