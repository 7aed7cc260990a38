#include "session/turn_ledger.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <unordered_map>
#include <utility>

namespace diar {
namespace {

constexpr std::uint64_t kNoId = 0;

double overlap_s(const Segment& a, const Segment& b) {
  return std::min(a.end_s, b.end_s) - std::max(a.start_s, b.start_s);
}

bool is_same(const LabelTurn& a, const LabelTurn& b) {
  return a.label == b.label && a.segment == b.segment && a.state == b.state && a.confidence == b.confidence;
}

using Numbered = std::pair<std::uint64_t, LabelTurn>;

std::vector<Numbered> by_start(const std::map<std::uint64_t, LabelTurn>& turns) {
  std::vector<Numbered> ordered(turns.begin(), turns.end());
  std::stable_sort(ordered.begin(), ordered.end(), [](const Numbered& a, const Numbered& b) {
    return a.second.segment.start_s < b.second.segment.start_s;
  });
  return ordered;
}

/// Each new turn gets the id of an old one of its label that lies over it; both lists are ordered by start.
void keep_ids(std::vector<Numbered>& old, const std::vector<LabelTurn>& turns,
              std::vector<std::uint64_t>& ids) {
  std::unordered_map<std::int32_t, std::vector<std::size_t>> of_label;
  for (std::size_t i = 0; i < old.size(); ++i) of_label[old[i].second.label].push_back(i);
  std::unordered_map<std::int32_t, std::size_t> next;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const auto list = of_label.find(turns[i].label);
    if (list == of_label.end()) continue;
    std::size_t& at = next[turns[i].label];
    while (at < list->second.size() && old[list->second[at]].second.segment.end_s <= turns[i].segment.start_s)
      ++at;
    if (at == list->second.size() || overlap_s(old[list->second[at]].second.segment, turns[i].segment) <= 0.0)
      continue;
    ids[i] = std::exchange(old[list->second[at]].first, kNoId);
    ++at;
  }
}

/// What is left over: a new turn that lies over most of an old one of another label is that one, revised.
void revise(std::vector<Numbered>& old, const std::vector<LabelTurn>& turns,
            std::vector<std::uint64_t>& ids) {
  std::erase_if(old, [](const Numbered& turn) { return turn.first == kNoId; });
  std::size_t first = 0;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (ids[i] != kNoId) continue;
    const Segment& segment = turns[i].segment;
    // Turns of one label do not overlap, so a few seconds' worth of old ones are in question.
    while (first < old.size() && old[first].second.segment.end_s <= segment.start_s) ++first;
    std::size_t best = old.size();
    double most_s = 0.0;
    for (std::size_t j = first; j < old.size() && old[j].second.segment.start_s < segment.end_s; ++j) {
      if (old[j].first == kNoId) continue;
      const double shared_s = overlap_s(old[j].second.segment, segment);
      if (shared_s > most_s && 2.0 * shared_s >= old[j].second.segment.duration_s()) {
        most_s = shared_s;
        best = j;
      }
    }
    if (best < old.size()) ids[i] = std::exchange(old[best].first, kNoId);
  }
}

}  // namespace

std::string live_label(std::int32_t label) {
  char text[32];
  std::snprintf(text, sizeof(text), "SPEAKER_%02d", static_cast<int>(label));
  return text;
}

void TurnLedger::put(Id id, const LabelTurn& turn) {
  const auto [place, fresh] = now_.try_emplace(id, turn);
  if (!fresh && is_same(place->second, turn)) return;
  place->second = turn;
  changed_.insert(id);
}

void TurnLedger::update(const std::vector<LabelTurn>& turns) {
  std::vector<Numbered> old = by_start(now_);
  std::vector<Id> ids(turns.size(), kNoId);
  keep_ids(old, turns, ids);
  revise(old, turns, ids);
  for (const Numbered& turn : old) {
    if (turn.first == kNoId) continue;
    now_.erase(turn.first);
    changed_.insert(turn.first);
  }
  for (std::size_t i = 0; i < turns.size(); ++i) put(ids[i] == kNoId ? next_id_++ : ids[i], turns[i]);
}

void TurnLedger::finish(const std::vector<LabelTurn>& turns) {
  std::vector<LabelTurn> ordered = turns;
  std::stable_sort(ordered.begin(), ordered.end(), [](const LabelTurn& a, const LabelTurn& b) {
    return a.segment.start_s < b.segment.start_s;
  });
  update(ordered);
  // Ids of turns with the same bounds: first those that there are, then handed out in the order of the
  // result.
  std::map<std::pair<double, double>, std::vector<Id>> ids_at;
  for (const auto& [id, turn] : now_) ids_at[{turn.segment.start_s, turn.segment.end_s}].push_back(id);
  std::map<std::pair<double, double>, std::size_t> used;
  for (const LabelTurn& turn : turns) {
    const std::pair<double, double> bounds{turn.segment.start_s, turn.segment.end_s};
    const std::vector<Id>& ids = ids_at[bounds];
    if (ids.size() > 1) put(ids[used[bounds]++], turn);
  }
}

std::vector<LabelTurn> TurnLedger::retire(double time_s, std::size_t max_untold) {
  std::vector<LabelTurn> retired;
  for (auto place = now_.begin(); place != now_.end();) {
    if (place->second.segment.end_s > time_s) {
      ++place;
      continue;
    }
    if (changed_.erase(place->first) > 0) history_.emplace_back(place->first, place->second);
    told_.erase(place->first);
    retired.push_back(place->second);
    place = now_.erase(place);
  }
  while (history_.size() > max_untold) history_.pop_front();
  return retired;
}

void TurnLedger::collect(std::vector<LiveEvent>& events) {
  const auto live = [](Id id, const LabelTurn& turn) {
    return LiveTurn{id, turn.segment, live_label(turn.label), turn.state, turn.confidence};
  };
  for (const auto& [id, turn] : history_) events.push_back(TurnShown{live(id, turn)});
  history_.clear();
  for (const Id id : changed_) {
    const auto now = now_.find(id);
    const auto told = told_.find(id);
    if (now == now_.end()) {
      if (told == told_.end()) continue;
      events.push_back(TurnRemoved{id});
      told_.erase(told);
      continue;
    }
    if (told != told_.end() && is_same(told->second, now->second)) continue;
    if (told != told_.end() && told->second.label != now->second.label) {
      events.push_back(TurnRevised{live(id, now->second), live_label(told->second.label)});
    } else {
      events.push_back(TurnShown{live(id, now->second)});
    }
    told_[id] = now->second;
  }
  changed_.clear();
}

std::vector<LabelTurn> TurnLedger::turns() const {
  std::vector<LabelTurn> turns;
  turns.reserve(now_.size());
  for (const auto& [id, turn] : now_) turns.push_back(turn);
  return turns;
}

}  // namespace diar
