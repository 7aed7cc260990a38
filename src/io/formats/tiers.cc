#include "io/formats/tiers.h"

#include <functional>
#include <map>
#include <queue>
#include <utility>

#include "io/formats/format.h"
#include "io/formats/text.h"

namespace diar {
namespace {

/// Interval partitioning: each interval goes to the first tier that is free again.
class TierFiller {
 public:
  explicit TierFiller(std::string speaker) : tiers_{{std::move(speaker), 1, {}}} { free_.push(0); }

  /// Starts must not decrease.
  void add(TierInterval interval) {
    while (!busy_.empty() && busy_.top().first <= interval.start) {
      free_.push(busy_.top().second);
      busy_.pop();
    }
    if (free_.empty()) {
      free_.push(tiers_.size());
      tiers_.push_back({tiers_[0].speaker, tiers_.size() + 1, {}});
    }
    const std::size_t tier = free_.top();
    free_.pop();
    tiers_[tier].intervals.push_back(interval);
    busy_.emplace(interval.end, tier);
  }

  std::vector<Tier>& tiers() { return tiers_; }

 private:
  using Busy = std::pair<std::int64_t, std::size_t>;  // free again at, tier
  std::vector<Tier> tiers_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free_;
  std::priority_queue<Busy, std::vector<Busy>, std::greater<>> busy_;
};

}  // namespace

std::vector<Tier> tiers_of(const Annotation& annotation, double ticks_per_s) {
  require_distinct(annotation, text::label);
  std::map<std::string, TierFiller> fillers;
  for (const Turn& turn : annotation.turns()) {
    const auto filler = fillers.try_emplace(text::label(turn.speaker), text::label(turn.speaker)).first;
    const TierInterval interval{text::ticks(turn.segment.start_s, ticks_per_s),
                                text::ticks(turn.segment.end_s, ticks_per_s)};
    if (interval.end > interval.start) filler->second.add(interval);
  }
  std::vector<Tier> tiers;
  for (auto& [speaker, filler] : fillers) {
    for (Tier& tier : filler.tiers()) tiers.push_back(std::move(tier));
  }
  return tiers;
}

}  // namespace diar
