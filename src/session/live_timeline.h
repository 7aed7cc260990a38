// Labels of windows in, the turns of a stream so far out; its end may be rewritten.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "assign/activity.h"
#include "core/run_plan.h"
#include "diar/live.h"

namespace diar {

/// A turn of a label that has a number yet.
struct LabelTurn {
  std::int32_t label = 0;
  Segment segment;
  TurnState state = TurnState::kTentative;
  std::optional<float> confidence = {};
};

/// A window that is not on the grid.
struct ExtraWindow {
  std::size_t first_frame = 0;
  std::vector<std::uint8_t> bits;    ///< [frames]; empty: there is none
  std::vector<std::int32_t> labels;  ///< [local speakers]
};

/// Who talks in which frame, by the rules of the offline pipeline (`count_speakers`, `reconstruct`): with the
/// windows of the grid alone its turns are those of a whole run with these labels. Not thread-safe.
class LiveTimeline {
 public:
  explicit LiveTimeline(const RunPlan& plan);

  /// Votes anew on all frames from that of the grid's window `first_window` on. `labels` [windows, local
  /// speakers]; windows are numbered from `base_window` of the stream.
  void rewrite(const Activity& activity, std::span<const std::int32_t> labels, std::size_t base_window,
               std::size_t first_window, const ExtraWindow& extra);
  /// Turns that are not yet archived, ordered by start, short gaps filled.
  std::vector<LabelTurn> turns() const;
  /// Frames that are labelled.
  std::size_t end_frame() const noexcept { return end_frame_; }
  double end_s() const noexcept { return end_frame_ == 0 ? 0.0 : frames_.middle_s(end_frame_ - 1); }
  /// Drops the turns that end by the frame.
  void forget(std::size_t before_frame);

 private:
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;  // first frame that is off
  };
  void cut(std::size_t from_frame);
  void put(std::size_t frame, std::size_t label);

  const RunPlan& plan_;
  SlidingWindow frames_;
  std::vector<std::vector<Span>> spans_;  // of each label
  std::size_t end_frame_ = 0;
  std::size_t extra_frame_ = 0;   // where the last extra window began; else the end
  std::size_t stable_frame_ = 0;  // no window of the grid will vote before it
};

}  // namespace diar
