// Activity of overlapping windows and their samples in, embeddings out, with one pass of the trunk for all.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "assign/activity.h"
#include "session/shared_trunk.h"

namespace diar {

/// What the masks of the windows depend on.
struct SharedWindows {
  std::size_t window_samples = 160000;
  std::size_t step_samples = 16000;
  bool exclude_overlap = true;
};

/// A window's speakers are pooled from the trunk frames whose centres lie in it. The result does not depend
/// on how samples and windows come in pieces.
class SharedEmbedder {
 public:
  /// masks [3, frames of a window], embeddings [3, D]; called in the order of the windows.
  using Sink = std::function<void(std::size_t window, std::span<const float> masks,
                                  std::span<const float> embeddings)>;

  /// `model` and `activity` are borrowed; the activity grows between calls of `run`.
  SharedEmbedder(const EmbeddingModel& model, const StretchPlan& plan, const SharedWindows& windows,
                 const Activity& activity);

  /// The recording's next samples.
  void add(std::span<const float> samples) { trunk_.add(samples); }
  /// No more samples come.
  void finish() { trunk_.finish(); }
  /// The windows whose stretches are complete, those with speakers into the sink. Waits for as many stretches
  /// as the model likes to run at once; none behind `finish`.
  void run(const Sink& sink);
  /// Windows that are through, with speakers or without.
  std::size_t num_done() const noexcept { return next_window_; }

 private:
  struct Frames {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  struct Window {
    std::size_t index = 0;
    Frames frames;
    std::vector<float> masks;       // [3, frames of the segmentation]
    std::vector<float> weights;     // [3, trunk frames]
    std::vector<float> embeddings;  // [3, D]
  };

  Frames frames_of(std::size_t window) const;
  Window prepare(std::size_t window, std::size_t num_frames) const;
  void run_windows(std::size_t end_window, std::size_t num_frames, const Sink& sink);

  const EmbeddingModel& model_;
  const SharedWindows windows_;
  const Activity& activity_;
  SharedTrunk trunk_;
  std::size_t next_window_ = 0;
  std::size_t next_stretch_ = 0;
};

}  // namespace diar
