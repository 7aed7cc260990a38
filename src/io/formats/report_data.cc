#include "io/formats/report_data.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "diar/version.h"
#include "io/formats/json.h"
#include "io/formats/report_text.h"

namespace diar {
namespace {

using Json = nlohmann::ordered_json;

// The page is as long as anything on it; what its files say is in `known_duration_s`.
double page_length_s(const ResultDocument& document, const HtmlReportOptions& options) {
  double end_s = 0.0;
  if (options.transcript) {
    for (const TranscriptSegment& segment : options.transcript->segments)
      end_s = std::max(end_s, segment.end_s);
  }
  return std::max({options.duration_s, document.duration_s, options.audio.duration_s,
                   document.diarization.end_s(), options.reference ? options.reference->end_s() : 0.0,
                   end_s});
}

double known_duration_s(const ResultDocument& document, const HtmlReportOptions& options) {
  if (options.duration_s > 0.0) return options.duration_s;
  return document.duration_s > 0.0 ? document.duration_s : options.audio.duration_s;
}

Json audio_of(const ReportAudio& audio) {
  Json json;
  json["kind"] = !audio.bytes.empty() ? "embed" : !audio.link.empty() ? "link" : "none";
  if (!audio.bytes.empty()) json["mime_type"] = audio.mime_type;
  if (audio.bytes.empty() && !audio.link.empty()) json["link"] = audio.link;
  if (!audio.levels.empty() && audio.level_step_s > 0.0) {
    json["level_step_s"] = audio.level_step_s;
    json["levels"] = base64({reinterpret_cast<const char*>(audio.levels.data()), audio.levels.size()});
  }
  return json;
}

using SpeakerIndex = std::map<std::string, std::size_t>;

SpeakerIndex index_of(const std::vector<std::string>& speakers) {
  SpeakerIndex index;
  for (const std::string& speaker : speakers) index.emplace(speaker, index.size());
  return index;
}

// Turns as [start_s, end_s, index of the speaker], and the confidence where it is known: a third of the size
// that objects would have.
Json turns_of(const Annotation& annotation, const SpeakerIndex& index) {
  Json turns = Json::array();
  for (const Turn& turn : annotation.turns()) {
    const auto speaker = index.find(turn.speaker);
    if (speaker == index.end()) continue;
    Json entry = {turn.segment.start_s, turn.segment.end_s, speaker->second};
    if (turn.confidence) entry.push_back(static_cast<double>(*turn.confidence));
    turns.push_back(std::move(entry));
  }
  return turns;
}

Json reference_of(const Annotation& reference) {
  Json json;
  json["speakers"] = reference.speakers();
  json["turns"] = turns_of(reference, index_of(reference.speakers()));
  return json;
}

// Segments as [start_s, end_s, text, words], words as [start_s, end_s, text, 1 for a space before it,
// probability]; the probability is left out where nobody gave one. Then how words get their speakers.
Json transcript_of(const Transcript& transcript, const AssignOptions& assign) {
  Json segments = Json::array();
  for (const TranscriptSegment& segment : transcript.segments) {
    Json words = Json::array();
    for (const TranscriptWord& word : segment.words) {
      Json entry = {word.start_s, word.end_s, word.text, word.space_before ? 1 : 0};
      if (word.probability) entry.push_back(*word.probability);
      words.push_back(std::move(entry));
    }
    segments.push_back({segment.start_s, segment.end_s, segment.text, std::move(words)});
  }
  Json json;
  json["language"] = transcript.language;
  json["segments"] = std::move(segments);
  json["max_gap_s"] = assign.max_gap_s;
  json["smooth"] = assign.smooth;
  return json;
}

// What the files say of the run, in the words of the JSON format.
Json origin_of(const ResultDocument& document) {
  Json json = Json::object();
  if (document.run) json["version"] = document.run->version;
  if (!document.input.empty()) json["input"] = document.input;
  if (document.run) json["run"] = run_members(*document.run);
  return json;
}

}  // namespace

std::string report_data(const ResultDocument& document, const HtmlReportOptions& options,
                        const std::string& title) {
  const Annotation& annotation = document.diarization;
  const SpeakerIndex index = index_of(annotation.speakers());
  Json json;
  json["format"] = "diarize-report/2";
  json["version"] = version();
  json["title"] = title;
  json["uri"] = annotation.uri();
  json["model"] = !options.model.empty() || !document.run ? options.model : document.run->model_name;
  json["duration_s"] = page_length_s(document, options);
  json["known_duration_s"] = known_duration_s(document, options);
  json["audio"] = audio_of(options.audio);
  json["origin"] = origin_of(document);
  json["speakers"] = annotation.speakers();
  json["turns"] = turns_of(annotation, index);
  if (document.exclusive) json["exclusive_turns"] = turns_of(*document.exclusive, index);
  if (options.transcript) json["transcript"] = transcript_of(*options.transcript, options.assign);
  if (options.reference) json["reference"] = reference_of(*options.reference);
  return escape_json_for_script(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace diar
