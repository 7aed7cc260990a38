#include "diar/io/live_events.h"

#include <nlohmann/json.hpp>

namespace diar {
namespace {

using Json = nlohmann::ordered_json;

Json object_of(const LiveTurn& turn, const char* type) {
  Json json = {{"type", type},
               {"id", turn.id},
               {"start_s", turn.segment.start_s},
               {"end_s", turn.segment.end_s},
               {"speaker", turn.speaker},
               {"state", to_string(turn.state)}};
  if (turn.confidence) json["confidence"] = *turn.confidence;
  return json;
}

struct Writer {
  Json operator()(const SpeakerStart& event) const {
    return {{"type", "speaker_start"}, {"time_s", event.time_s}, {"speaker", event.speaker}};
  }
  Json operator()(const SpeakerEnd& event) const {
    return {{"type", "speaker_end"}, {"time_s", event.time_s}, {"speaker", event.speaker}};
  }
  Json operator()(const TurnShown& event) const { return object_of(event.turn, "turn"); }
  Json operator()(const TurnRevised& event) const {
    Json json = object_of(event.turn, "turn_revised");
    json["old_speaker"] = event.old_speaker;
    return json;
  }
  Json operator()(const TurnRemoved& event) const { return {{"type", "turn_removed"}, {"id", event.id}}; }
  Json operator()(const SpeakersMerged& event) const {
    return {{"type", "speakers_merged"}, {"from", event.from}, {"into", event.into}};
  }
  Json operator()(const LiveProgress& event) const {
    return {{"type", "progress"},
            {"pushed_s", event.pushed_s},
            {"shown_s", event.shown_s},
            {"windows", event.num_windows},
            {"speakers", event.num_speakers},
            {"dropped", event.num_dropped},
            {"clusterings", event.num_clusterings},
            {"clustering_s", event.clustering_s}};
  }
  Json operator()(const LiveFinal& event) const {
    Json labels = Json::object();
    for (const auto& [live, offline] : event.offline_labels) labels[live] = offline;
    return {{"type", "final"},
            {"equals_offline", event.equals_offline},
            {"duration_s", event.duration_s},
            {"offline_labels", std::move(labels)}};
  }
};

}  // namespace

std::string to_json_line(const LiveEvent& event) {
  return std::visit(Writer{}, event).dump() + '\n';
}

}  // namespace diar
