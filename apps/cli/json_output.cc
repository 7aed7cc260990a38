#include "json_output.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "diar/version.h"

namespace diar::cli {
namespace {

using Json = nlohmann::ordered_json;

// Microseconds are finer than any frame and keep the text short.
double rounded(double time_s) {
  return std::round(time_s * 1e6) / 1e6;
}

Json turns_of(const Annotation& annotation) {
  Json turns = Json::array();
  for (const Turn& turn : annotation.turns()) {
    turns.push_back({{"start_s", rounded(turn.segment.start_s)},
                     {"end_s", rounded(turn.segment.end_s)},
                     {"speaker", turn.speaker}});
  }
  return turns;
}

Json speakers_of(const DiarizationOutput& output) {
  Json speakers = Json::array();
  for (const SpeakerTotal& total : output.diarization.totals()) {
    speakers.push_back(
        {{"speaker", total.speaker}, {"speech_s", rounded(total.speech_s)}, {"num_turns", total.num_turns}});
  }
  return speakers;
}

}  // namespace

std::string json_line(const std::string& input, const DiarizationOutput& output, const ModelLocation& model,
                      const std::string& device, double elapsed_s) {
  Json json;
  json["version"] = version();
  json["input"] = input;
  json["uri"] = output.diarization.uri();
  json["duration_s"] = rounded(output.duration_s);
  json["elapsed_s"] = rounded(elapsed_s);
  json["model"] = {{"name", model.name}, {"path", model.path.string()}, {"found_by", model.found_by}};
  json["device"] = device;
  json["turns"] = turns_of(output.diarization);
  json["exclusive_turns"] = turns_of(output.exclusive_diarization);
  json["speakers"] = speakers_of(output);
  // A file name need not be UTF-8; JSON must be.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace diar::cli
