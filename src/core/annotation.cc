#include "diar/annotation.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace diar {
namespace {

bool earlier(const Turn& a, const Turn& b) {
  return std::tie(a.segment.start_s, a.segment.end_s) < std::tie(b.segment.start_s, b.segment.end_s);
}

}  // namespace

Annotation::Annotation(std::string uri, std::vector<Turn> turns)
    : uri_(std::move(uri)), turns_(std::move(turns)) {
  std::stable_sort(turns_.begin(), turns_.end(), earlier);
}

void Annotation::add(Turn turn) {
  const auto place = std::upper_bound(turns_.begin(), turns_.end(), turn, earlier);
  turns_.insert(place, std::move(turn));
}

std::vector<std::string> Annotation::speakers() const {
  std::vector<std::string> names;
  for (const SpeakerTotal& total : totals()) names.push_back(total.speaker);
  return names;
}

std::vector<SpeakerTotal> Annotation::totals() const {
  std::map<std::string, SpeakerTotal> by_speaker;
  for (const Turn& turn : turns_) {
    SpeakerTotal& total = by_speaker[turn.speaker];
    total.speaker = turn.speaker;
    total.speech_s += turn.segment.duration_s();
    ++total.num_turns;
  }
  std::vector<SpeakerTotal> result;
  result.reserve(by_speaker.size());
  for (auto& [name, total] : by_speaker) result.push_back(std::move(total));
  return result;
}

double Annotation::end_s() const noexcept {
  double end_s = 0.0;
  for (const Turn& turn : turns_) end_s = std::max(end_s, turn.segment.end_s);
  return end_s;
}

Annotation Annotation::without_short_turns(double min_duration_s) const {
  Annotation kept(uri_);
  std::copy_if(turns_.begin(), turns_.end(), std::back_inserter(kept.turns_),
               [&](const Turn& turn) { return turn.segment.duration_s() >= min_duration_s; });
  return kept;
}

Annotation Annotation::without_unsure_turns(double min_confidence) const {
  Annotation kept(uri_);
  std::copy_if(turns_.begin(), turns_.end(), std::back_inserter(kept.turns_), [&](const Turn& turn) {
    return !turn.confidence || static_cast<double>(*turn.confidence) >= min_confidence;
  });
  return kept;
}

}  // namespace diar
