#include "session/live_timeline.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "assign/nobody.h"

namespace diar {
namespace {

// As in turns.cc.
constexpr double kSegmentPrecision_s = 1e-6;

/// The votes of one frame.
class Ballot {
 public:
  explicit Ballot(std::size_t num_labels) : votes_(num_labels) {}

  void clear() {
    for (const std::size_t label : voted_) votes_[label] = 0;
    voted_.clear();
    windows_ = talkers_ = 0;
  }
  void add(std::uint8_t bits, std::span<const std::int32_t> labels) {
    ++windows_;
    talkers_ += static_cast<std::uint32_t>(std::popcount(bits));
    std::array<std::int32_t, kMaxLocalSpeakers> seen;
    std::size_t num_seen = 0;
    for (std::size_t s = 0; bits >> s != 0; ++s) {
      const std::int32_t label = labels[s];
      if ((bits >> s & 1) == 0 || label < 0) continue;
      if (std::find(seen.begin(), seen.begin() + num_seen, label) != seen.begin() + num_seen) continue;
      seen[num_seen++] = label;
      if (votes_[static_cast<std::size_t>(label)]++ == 0) voted_.push_back(static_cast<std::size_t>(label));
    }
  }
  /// The labels that talk: as many as the mean of the windows, rounded half to even, and at most `most`.
  std::span<const std::size_t> winners(std::size_t most) {
    if (windows_ == 0) return {};
    const std::uint32_t whole = talkers_ / windows_;
    const std::uint32_t twice_rest = 2 * (talkers_ % windows_);
    const bool up = twice_rest > windows_ || (twice_rest == windows_ && whole % 2 == 1);
    const std::size_t count = std::min({static_cast<std::size_t>(whole + (up ? 1 : 0)), most, voted_.size()});
    std::sort(voted_.begin(), voted_.end(), [&](std::size_t a, std::size_t b) {
      return votes_[a] != votes_[b] ? votes_[a] > votes_[b] : a < b;
    });
    return std::span<const std::size_t>(voted_).first(count);
  }

 private:
  std::vector<std::uint32_t> votes_;
  std::vector<std::size_t> voted_;
  std::uint32_t windows_ = 0;
  std::uint32_t talkers_ = 0;
};

}  // namespace

LiveTimeline::LiveTimeline(const RunPlan& plan) : plan_(plan) {}

void LiveTimeline::cut(std::size_t from_frame) {
  for (auto& spans : spans_) {
    while (!spans.empty() && spans.back().begin >= from_frame) spans.pop_back();
    if (!spans.empty()) spans.back().end = std::min(spans.back().end, from_frame);
  }
  end_frame_ = std::min(end_frame_, from_frame);
}

void LiveTimeline::put(std::size_t frame, std::size_t label) {
  if (label >= spans_.size()) spans_.resize(label + 1);
  auto& spans = spans_[label];
  if (!spans.empty() && spans.back().end == frame) {
    spans.back().end = frame + 1;
  } else {
    spans.push_back({frame, frame + 1});
  }
}

void LiveTimeline::rewrite(const Activity& activity, std::span<const std::int32_t> labels,
                           std::size_t base_window, std::size_t first_window, const ExtraWindow& extra) {
  const WindowGrid& grid = activity.grid;
  frames_ = grid.frames;
  const std::size_t num_windows = labels.size() / std::max<std::size_t>(grid.num_speakers, 1);
  std::int32_t last_label = -1;
  for (const std::int32_t label : labels) last_label = std::max(last_label, label);
  for (const std::int32_t label : extra.labels) last_label = std::max(last_label, label);
  const auto start_of = [&](std::size_t window) { return grid.first_frame(base_window + window); };
  std::size_t begin = num_windows == 0 ? 0 : start_of(std::min(first_window, num_windows));
  std::size_t end = num_windows == 0 ? 0 : start_of(num_windows - 1) + grid.frames_per_window;
  if (!extra.bits.empty()) {
    begin = std::min(begin, extra.first_frame);
    end = std::max(end, extra.first_frame + extra.bits.size());
  }
  // What an extra window said that is gone.
  begin = std::min(begin, extra_frame_);
  extra_frame_ = extra.bits.empty() ? end : extra.first_frame;
  cut(begin);
  const std::size_t most =
      static_cast<std::size_t>(plan_.num_speakers.value_or(plan_.max_speakers.value_or(255)));
  Ballot ballot(static_cast<std::size_t>(last_label + 1));
  std::size_t first_open = 0;
  std::size_t next_window = 0;
  for (std::size_t frame = begin; frame < end; ++frame) {
    while (next_window < num_windows && start_of(next_window) <= frame) ++next_window;
    while (first_open < next_window && start_of(first_open) + grid.frames_per_window <= frame) ++first_open;
    ballot.clear();
    for (std::size_t window = first_open; window < next_window; ++window)
      ballot.add(activity.at(window, frame - start_of(window)),
                 labels.subspan(window * grid.num_speakers, grid.num_speakers));
    if (frame >= extra.first_frame && frame - extra.first_frame < extra.bits.size())
      ballot.add(extra.bits[frame - extra.first_frame], extra.labels);
    for (const std::size_t label : ballot.winners(most)) put(frame, label);
  }
  end_frame_ = end;
  stable_frame_ = start_of(num_windows);
}

std::vector<LabelTurn> LiveTimeline::turns() const {
  std::vector<LabelTurn> turns;
  const double stable_s = frames_.middle_s(stable_frame_);
  for (std::size_t label = 0; label < spans_.size(); ++label) {
    const std::size_t first = turns.size();
    for (const Span& span : spans_[label]) {
      const Segment segment{frames_.middle_s(span.begin), frames_.middle_s(span.end)};
      if (segment.end_s - segment.start_s <= kSegmentPrecision_s) continue;
      const double gap_s = turns.size() == first ? 0.0 : segment.start_s - turns.back().segment.end_s;
      if (turns.size() > first && plan_.min_duration_off_s > 0.0 &&
          (gap_s < plan_.min_duration_off_s || gap_s <= kSegmentPrecision_s)) {
        turns.back().segment.end_s = segment.end_s;
      } else {
        turns.push_back({static_cast<std::int32_t>(label), segment, TurnState::kTentative});
      }
    }
  }
  std::erase_if(turns,
                [&](const LabelTurn& turn) { return turn.segment.duration_s() < plan_.min_duration_s; });
  for (LabelTurn& turn : turns) {
    if (turn.segment.end_s + plan_.min_duration_off_s <= stable_s) turn.state = TurnState::kStable;
  }
  std::stable_sort(turns.begin(), turns.end(), [](const LabelTurn& a, const LabelTurn& b) {
    return a.segment.start_s < b.segment.start_s;
  });
  return turns;
}

void LiveTimeline::forget(std::size_t before_frame) {
  for (auto& spans : spans_) {
    // A turn goes whole: spans with short gaps between them are one.
    std::size_t dropped = 0;
    for (std::size_t i = 0; i < spans.size() && spans[i].end <= before_frame; ++i) {
      const bool ends_turn =
          i + 1 == spans.size() ||
          frames_.middle_s(spans[i + 1].begin) - frames_.middle_s(spans[i].end) >= plan_.min_duration_off_s;
      if (ends_turn) dropped = i + 1;
    }
    spans.erase(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(dropped));
  }
}

}  // namespace diar
