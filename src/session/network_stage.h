// Batches of windows in, activity and embeddings of all windows so far out.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/run_plan.h"
#include "diar/networks.h"
#include "session/network_output.h"

namespace diar {

/// Both networks of one session. Not thread-safe. Keeps one byte for each window and frame and the embeddings
/// of active pairs; samples are forgotten batch by batch.
class NetworkStage {
 public:
  /// Called now and then with the number of windows that are through; false stops with `Cancelled`.
  using OnWindows = std::function<bool(std::size_t)>;

  /// `encoder` may be null: then only the activity is computed. Networks and plan are borrowed.
  NetworkStage(const SegmentationNetwork& segmentation, const SpeakerEncoder* encoder, const RunPlan& plan);

  /// The recording's next windows; `num_samples`: of the recording so far, without padding. Throws what the
  /// networks and the plan's hook throw, and `Cancelled`.
  void process(const WindowBatch& batch, std::size_t num_samples, const OnWindows& on_windows);
  /// No more windows come.
  void finish(const OnWindows& on_windows);

  const Activity& activity() const noexcept { return output_.activity; }
  const Embeddings& embeddings() const noexcept { return output_.embeddings; }
  /// All windows so far, those that were forgotten too.
  std::size_t num_windows() const noexcept { return forgotten_ + output_.activity.grid.num_windows; }
  /// Of the windows that are kept, those whose embeddings are there.
  std::size_t num_embedded() const;
  /// Drops the oldest windows, whose embeddings must be there; what is kept is numbered from the next one on.
  void forget(std::size_t count);
  /// All of it; the stage is empty then. Its duration is not set.
  NetworkOutput take_output() { return std::move(output_); }

 private:
  void segment(const WindowBatch& batch);
  // Of windows that are kept, as all windows here but those of `keep`.
  void make_masks(std::size_t window, std::span<float> masks) const;
  void embed(const WindowBatch& batch, std::size_t first_window, const OnWindows& on_windows);
  void embed_stream(const WindowBatch& batch, std::size_t first_window, std::size_t num_samples,
                    const OnWindows& on_windows);
  void run_stream(const OnWindows& on_windows);
  void keep(std::size_t window, std::span<const float> embeddings);

  const SegmentationNetwork& segmentation_;
  const SpeakerEncoder* encoder_;
  const RunPlan& plan_;
  std::size_t min_mask_frames_ = 0;
  NetworkOutput output_;
  std::unique_ptr<EncoderStream> stream_;  // when windows share the encoder's work
  std::size_t stream_samples_ = 0;         // that it has got
  std::size_t forgotten_ = 0;              // windows
};

}  // namespace diar
