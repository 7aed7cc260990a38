// JSON: all that is known of a result; docs/schema/diarization.schema.json describes it.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "diar/errors.h"
#include "diar/overlap.h"
#include "diar/version.h"
#include "io/formats/format.h"
#include "io/formats/json.h"
#include "io/formats/text.h"

namespace diar {
namespace {

using Json = nlohmann::ordered_json;
// Finding a key of the ordered kind takes time in proportion to the keys; a hostile file has millions.
using ReadJson = nlohmann::json;

constexpr int kSchemaVersion = 1;
constexpr int kMaxDepth = 16;

// Microseconds are finer than any frame and keep the text short.
double rounded(double time_s) {
  return std::round(time_s * 1e6) / 1e6;
}

double thousandths(float value) {
  return std::round(static_cast<double>(value) * 1e3) / 1e3;
}

// The double whose shortest text is that of the float.
double short_double(float value) {
  char buffer[64];
  const auto written = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return text::parse_number({buffer, static_cast<std::size_t>(written.ptr - buffer)}).value_or(0.0);
}

Json turns_of(const Annotation& annotation) {
  Json turns = Json::array();
  for (const Turn& turn : annotation.turns()) {
    Json object = {{"start_s", rounded(turn.segment.start_s)},
                   {"end_s", rounded(turn.segment.end_s)},
                   {"speaker", turn.speaker}};
    if (turn.confidence) object["confidence"] = thousandths(*turn.confidence);
    turns.push_back(std::move(object));
  }
  return turns;
}

Json segments_of(const std::vector<Segment>& segments) {
  Json result = Json::array();
  for (const Segment& segment : segments) {
    result.push_back({{"start_s", rounded(segment.start_s)}, {"end_s", rounded(segment.end_s)}});
  }
  return result;
}

Json speakers_of(const Annotation& annotation) {
  Json speakers = Json::array();
  for (const SpeakerTotal& total : annotation.totals()) {
    speakers.push_back(
        {{"speaker", total.speaker}, {"speech_s", rounded(total.speech_s)}, {"num_turns", total.num_turns}});
  }
  return speakers;
}

Json embeddings_of(const std::vector<SpeakerEmbedding>& embeddings) {
  Json result = Json::array();
  for (const SpeakerEmbedding& embedding : embeddings) {
    Json values = Json::array();
    for (const float value : embedding.values) values.push_back(short_double(value));
    result.push_back({{"speaker", embedding.speaker}, {"values", std::move(values)}});
  }
  return result;
}

Json identities_of(const std::vector<SpeakerIdentity>& identities) {
  Json result = Json::array();
  for (const SpeakerIdentity& identity : identities) {
    Json candidates = Json::array();
    for (const VoiceScore& score : identity.candidates) {
      candidates.push_back(
          {{"name", score.name}, {"llr", rounded(score.llr)}, {"probability", rounded(score.probability)}});
    }
    Json object = {{"speaker", identity.speaker},
                   {"reason", to_string(identity.reason)},
                   {"speech_s", rounded(identity.speech_s)},
                   {"candidates", std::move(candidates)}};
    if (!identity.name.empty()) object["name"] = identity.name;
    result.push_back(std::move(object));
  }
  return result;
}

Json timings_of(const StageTimings& timings) {
  return {{"audio_s", rounded(timings.audio_s)},
          {"segmentation_s", rounded(timings.segmentation_s)},
          {"embedding_s", rounded(timings.embedding_s)},
          {"clustering_s", rounded(timings.clustering_s)},
          {"reconstruction_s", rounded(timings.reconstruction_s)},
          {"total_s", rounded(timings.total_s)}};
}

Json object_of(const ResultDocument& document) {
  const Annotation& annotation = document.diarization;
  const auto overlap = segments_with_speakers(annotation, 2);
  Json json;
  json["schema_version"] = kSchemaVersion;
  json["version"] = document.run ? document.run->version : version();
  if (!document.input.empty()) json["input"] = document.input;
  json["uri"] = annotation.uri();
  // The last frame of a turn may reach a little beyond the last sample, which says the length all the same.
  json["duration_s"] = rounded(document.duration_s > 0.0 ? document.duration_s : annotation.end_s());
  if (document.run) json.update(run_members(*document.run));
  json["speech_s"] = rounded(total_s(segments_with_speakers(annotation, 1)));
  json["overlap_s"] = rounded(total_s(overlap));
  json["speakers"] = speakers_of(annotation);
  json["turns"] = turns_of(annotation);
  if (document.exclusive) json["exclusive_turns"] = turns_of(*document.exclusive);
  json["overlap"] = segments_of(overlap);
  if (!document.identities.empty()) json["identities"] = identities_of(document.identities);
  if (!document.embeddings.empty()) json["embeddings"] = embeddings_of(document.embeddings);
  return json;
}

// A file name need not be UTF-8; JSON must be.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// One line for each member, and one for each element of an array: short enough to look at, and to compare.
std::string laid_out(const Json& object) {
  std::string text = "{";
  bool first_member = true;
  for (const auto& [key, value] : object.items()) {
    text += (first_member ? "\n  " : ",\n  ") + dumped(key) + ": ";
    first_member = false;
    if (!value.is_array() || value.empty()) {
      text += dumped(value);
      continue;
    }
    for (std::size_t i = 0; i < value.size(); ++i)
      text += (i == 0 ? "[\n    " : ",\n    ") + dumped(value[i]);
    text += "\n  ]";
  }
  return text + "\n}";
}

std::string write_json(std::span<const ResultDocument> documents, const FormatOptions& options) {
  std::string text;
  for (const ResultDocument& document : documents) {
    const Json object = object_of(document);
    const bool one_line = options.one_line || documents.size() > 1;
    text += (one_line ? dumped(object) : laid_out(object)) + '\n';
  }
  return text;
}

double seconds_at(const ReadJson& object, const char* key, const std::string& where) {
  const auto place = object.find(key);
  if (place == object.end() || !place->is_number()) {
    throw InputError(where + ": '" + key + "' is missing or no number");
  }
  const double value = place->get<double>();
  if (!(value >= 0.0 && value <= text::kLongestTimeS)) {
    throw InputError(where + ": '" + key + "' is not a time in seconds");
  }
  return value;
}

std::string string_at(const ReadJson& object, const char* key) {
  const auto place = object.find(key);
  return place != object.end() && place->is_string() ? place->get<std::string>() : std::string();
}

std::optional<float> confidence_of(const ReadJson& turn, const std::string& where) {
  const auto place = turn.find("confidence");
  if (place == turn.end()) return std::nullopt;
  const double value = place->is_number() ? place->get<double>() : -1.0;
  if (!(value >= 0.0 && value <= 1.0)) throw InputError(where + ": a confidence that is not between 0 and 1");
  return static_cast<float>(value);
}

Annotation read_turns(const ReadJson& array, const std::string& uri, const std::string& where) {
  if (!array.is_array()) throw InputError(where + ": the turns are no array");
  std::vector<Turn> turns;
  for (const ReadJson& turn : array) {
    if (!turn.is_object() || !turn.contains("speaker") || !turn["speaker"].is_string()) {
      throw InputError(where + ": a turn without a speaker");
    }
    const Segment segment{seconds_at(turn, "start_s", where), seconds_at(turn, "end_s", where)};
    if (segment.end_s < segment.start_s) throw InputError(where + ": a turn ends before it starts");
    turns.push_back({segment, turn["speaker"].get<std::string>(), confidence_of(turn, where)});
  }
  return Annotation(uri, std::move(turns));
}

std::vector<SpeakerEmbedding> read_embeddings(const ReadJson& object, const std::string& where) {
  std::vector<SpeakerEmbedding> result;
  const auto array = object.find("embeddings");
  if (array == object.end()) return result;
  for (const ReadJson& entry : *array) {
    SpeakerEmbedding embedding;
    if (entry.is_object()) embedding.speaker = string_at(entry, "speaker");
    if (embedding.speaker.empty() || !entry.contains("values") || !entry["values"].is_array()) {
      throw InputError(where + ": an embedding without its speaker or its values");
    }
    for (const ReadJson& value : entry["values"]) {
      // Beyond float there is no conversion.
      if (!value.is_number() || std::abs(value.get<double>()) > std::numeric_limits<float>::max()) {
        throw InputError(where + ": an embedding whose values are no numbers");
      }
      embedding.values.push_back(value.get<float>());
    }
    result.push_back(std::move(embedding));
  }
  return result;
}

double finite_at(const ReadJson& object, const char* key, const std::string& where) {
  const auto place = object.find(key);
  if (place == object.end() || !place->is_number())
    throw InputError(where + ": '" + key + "' is missing or no number");
  return place->get<double>();
}

std::vector<SpeakerIdentity> read_identities(const ReadJson& object, const std::string& where) {
  std::vector<SpeakerIdentity> result;
  const auto array = object.find("identities");
  if (array == object.end()) return result;
  for (const ReadJson& entry : *array) {
    if (!entry.is_object() || !entry.contains("candidates") || !entry["candidates"].is_array())
      throw InputError(where + ": an identity without its candidates");
    SpeakerIdentity identity;
    identity.speaker = string_at(entry, "speaker");
    identity.name = string_at(entry, "name");
    try {
      identity.reason = parse_identity_reason(string_at(entry, "reason"));
    } catch (const InvalidArgument& error) {
      throw InputError(where + ": " + error.what());
    }
    identity.speech_s = seconds_at(entry, "speech_s", where);
    for (const ReadJson& score : entry["candidates"]) {
      if (!score.is_object()) throw InputError(where + ": a candidate that is no object");
      identity.candidates.push_back(
          {string_at(score, "name"), finite_at(score, "llr", where), finite_at(score, "probability", where)});
    }
    result.push_back(std::move(identity));
  }
  return result;
}

std::optional<RunInfo> read_run(const ReadJson& object, const std::string& where) {
  const auto model = object.find("model");
  if (model == object.end() || !model->is_object()) return std::nullopt;
  RunInfo run;
  run.version = string_at(object, "version");
  run.model_name = string_at(*model, "name");
  run.model_path = string_at(*model, "path");
  run.model_found_by = string_at(*model, "found_by");
  run.device = string_at(object, "device");
  run.speed = string_at(object, "speed");
  if (object.contains("elapsed_s")) run.elapsed_s = seconds_at(object, "elapsed_s", where);
  if (const auto timings = object.find("timings"); timings != object.end() && timings->is_object()) {
    const auto at = [&](const char* key) { return seconds_at(*timings, key, where); };
    run.timings = StageTimings{at("audio_s"),      at("segmentation_s"),   at("embedding_s"),
                               at("clustering_s"), at("reconstruction_s"), at("total_s")};
  }
  return run;
}

ResultDocument read_object(const ReadJson& object, const std::string& name) {
  if (!object.is_object() || !object.contains("turns")) {
    throw InputError(name + ": this is no diarization: there is no member 'turns'");
  }
  std::string uri = string_at(object, "uri");
  if (uri.empty()) uri = uri_from_name(name);
  ResultDocument document(read_turns(object["turns"], uri, name));
  if (object.contains("exclusive_turns")) {
    document.exclusive = read_turns(object["exclusive_turns"], uri, name);
  }
  if (object.contains("duration_s")) document.duration_s = seconds_at(object, "duration_s", name);
  document.input = string_at(object, "input");
  document.embeddings = read_embeddings(object, name);
  document.identities = read_identities(object, name);
  document.run = read_run(object, name);
  return document;
}

// Each open bracket takes many times its one byte once it is parsed.
void require_shallow(std::string_view text, const std::string& name) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      if (++depth > kMaxDepth) throw InputError(name + ": nested too deeply for a diarization");
    } else if (!quoted && (c == ']' || c == '}')) {
      depth = std::max(0, depth - 1);
    }
  }
}

Documents read_json(std::string_view text, const std::string& name) {
  require_shallow(text, name);
  std::istringstream in{std::string(text)};
  Documents documents;
  try {
    while (!(in >> std::ws).eof()) {
      ReadJson object;
      in >> object;
      documents.push_back(read_object(object, name));
    }
  } catch (const ReadJson::exception& error) {
    throw InputError(name + ": " + error.what());
  }
  if (documents.empty()) throw InputError(name + ": an empty file is no JSON");
  return documents;
}

}  // namespace

Json run_members(const RunInfo& run) {
  Json json;
  json["elapsed_s"] = rounded(run.elapsed_s);
  json["model"] = {{"name", run.model_name}, {"path", run.model_path}, {"found_by", run.model_found_by}};
  json["device"] = run.device;
  if (!run.speed.empty()) json["speed"] = run.speed;
  if (run.timings) json["timings"] = timings_of(*run.timings);
  return json;
}

const FormatFunctions kJsonFormat = {write_json, read_json};

}  // namespace diar
