// What a consumer of events needs: the turns that they leave, and one speaker at a time.
#include <algorithm>

#include "diar/live.h"

namespace diar {

const char* to_string(TurnState state) noexcept {
  return state == TurnState::kTentative ? "tentative" : state == TurnState::kStable ? "stable" : "final";
}

void LiveTurns::apply(const LiveEvent& event) {
  if (const auto* shown = std::get_if<TurnShown>(&event)) turns_[shown->turn.id] = shown->turn;
  if (const auto* revised = std::get_if<TurnRevised>(&event)) turns_[revised->turn.id] = revised->turn;
  if (const auto* removed = std::get_if<TurnRemoved>(&event)) turns_.erase(removed->id);
  if (const auto* final = std::get_if<LiveFinal>(&event)) offline_labels_ = final->offline_labels;
}

Annotation LiveTurns::annotation(const std::string& uri) const {
  std::vector<Turn> turns;
  turns.reserve(turns_.size());
  for (const auto& [id, turn] : turns_) {
    const auto label = offline_labels_.find(turn.speaker);
    turns.push_back(
        {turn.segment, label == offline_labels_.end() ? turn.speaker : label->second, turn.confidence});
  }
  return Annotation(uri, std::move(turns));
}

Annotation without_overlap(const Annotation& annotation) {
  std::vector<Turn> turns;
  double free_s = 0.0;
  for (const Turn& turn : annotation.turns()) {
    const double start_s = std::max(turn.segment.start_s, free_s);
    if (start_s >= turn.segment.end_s) continue;
    turns.push_back({{start_s, turn.segment.end_s}, turn.speaker});
    free_s = turn.segment.end_s;
  }
  return Annotation(annotation.uri(), std::move(turns));
}

}  // namespace diar
