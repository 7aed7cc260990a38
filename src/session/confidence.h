// What the segmentation said in numbers and who was given each frame in, how sure each turn is out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "assign/speaker_clustering.h"
#include "core/confidence_model.h"
#include "diar/progress.h"
#include "session/turns.h"

namespace diar {

/// How probable the segmentation's chosen classes are, over all windows that cover a frame: two bytes for
/// each frame of the recording.
class FrameCertainty {
 public:
  FrameCertainty() = default;
  /// What `levels` and `sums` gave.
  FrameCertainty(double levels, std::vector<std::uint16_t> sums) : levels_(levels), sums_(std::move(sums)) {}
  /// log_probs [windows, grid.frames_per_window, classes] of windows from `first_window` on; of each window
  /// once.
  void add(const WindowGrid& grid, std::size_t first_window, std::span<const float> log_probs,
           std::size_t num_classes);
  bool empty() const noexcept { return sums_.empty(); }
  /// Mean of those of the `num_windows` windows that cover the frame, in [0, 1].
  double mean(std::size_t frame, std::size_t num_windows) const;
  /// For keeping it in a file: steps of a probability, and of each frame their sum.
  double levels() const noexcept { return levels_; }
  std::span<const std::uint16_t> sums() const noexcept { return sums_; }

 private:
  double levels_ = 255.0;  // steps of a probability: so many that a frame's sum fits
  std::vector<std::uint16_t> sums_;
};

/// Sets the confidence of each turn of the columns: the mean over its frames of the probability that `model`
/// gives the speaker there. A frame in which no window voted for the speaker (a gap that was filled) has the
/// share 0. count [frames] as for the turns. Nothing is set when certainty or margins are unknown. The hook
/// gets what the model is fitted to: "turn_evidence" [frames of all turns, 6], frame, column, share,
/// certainty, margin, overlap.
void set_confidence(const Activity& activity, const SpeakerClusters& clusters,
                    std::span<const std::uint8_t> count, const FrameCertainty& certainty,
                    const ConfidenceModel& model, std::span<ColumnTurn> turns, const ArtefactHook& hook = {});

}  // namespace diar
