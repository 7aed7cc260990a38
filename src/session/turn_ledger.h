// The turns as they are now in, what changed since the consumer last asked out.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "session/live_timeline.h"

namespace diar {

/// "SPEAKER_00" of a live label.
std::string live_label(std::int32_t label);

/// Gives turns ids that stay and keeps what the consumer was told. Costs memory for turns, not for changes.
/// Not thread-safe.
class TurnLedger {
 public:
  /// All turns as they are, ordered by start. A turn keeps its id where one of the same label lies over it,
  /// or else one that is gone and lies over most of it.
  void update(const std::vector<LabelTurn>& turns);
  /// The same at the end, in the order of the result: of turns with the same bounds the ids ascend.
  void finish(const std::vector<LabelTurn>& turns);
  /// Turns that end by `time_s` are history: told once, then no longer kept. At most `max_untold` of them
  /// wait to be told. Gives them back, in the order in which they were first shown.
  std::vector<LabelTurn> retire(double time_s, std::size_t max_untold);
  /// Appends what changed.
  void collect(std::vector<LiveEvent>& events);
  /// As they are now, the retired ones left out.
  std::vector<LabelTurn> turns() const;

 private:
  using Id = std::uint64_t;
  void put(Id id, const LabelTurn& turn);

  std::map<Id, LabelTurn> now_;
  std::map<Id, LabelTurn> told_;
  std::set<Id> changed_;
  std::deque<std::pair<Id, LabelTurn>> history_;  // retired before they were told
  Id next_id_ = 1;
};

}  // namespace diar
