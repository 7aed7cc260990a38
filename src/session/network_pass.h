// An audio stream through both networks, window by window: activity and embeddings out.
#pragma once

#include <optional>
#include <vector>

#include "assign/activity.h"
#include "assign/embeddings.h"
#include "diar/pipeline.h"
#include "frontend/fbank.h"
#include "session/diarization.h"
#include "session/shared_embedder.h"
#include "session/windows.h"

namespace diar {

/// Used once. Keeps one byte for each window and frame and the embeddings of active pairs; samples and
/// features are forgotten batch by batch.
class NetworkPass {
 public:
  /// `embedding` may be null: then only the activity is computed. Everything is borrowed. Throws
  /// `InvalidArgument` on an impossible window or step.
  NetworkPass(const SegmentationModel& segmentation, const EmbeddingModel* embedding,
              const PipelineConfig& config, const DiarizationOptions& options,
              const ProgressCallback& on_progress);

  /// Throws what the source and the networks throw, and `Cancelled`.
  void run(AudioSource& audio);

  const Activity& activity() const noexcept { return activity_; }
  const Embeddings& embeddings() const noexcept { return embeddings_; }
  const StageTimings& timings() const noexcept { return timings_; }
  double duration_s() const noexcept { return duration_s_; }

 private:
  void segment(const WindowBatch& batch);
  void embed(const WindowBatch& batch, std::size_t first_window);
  void embed_some(std::span<const std::size_t> windows, const WindowBatch& batch, std::size_t first_window);
  void embed_shared(const WindowBatch& batch, std::size_t first_window, std::size_t num_samples);
  void run_shared();
  void keep(std::size_t window, std::span<const float> masks, std::span<const float> embeddings);
  void window_features(const WindowBatch& batch, std::size_t within, std::span<float> features);
  void report(std::size_t completed);

  const SegmentationModel& segmentation_;
  const EmbeddingModel* embedding_;
  const PipelineConfig& config_;
  const DiarizationOptions& options_;
  const ProgressCallback& on_progress_;
  std::size_t window_samples_;
  std::size_t step_samples_;
  std::size_t num_features_;  // filter-bank frames of a window
  std::size_t expected_windows_ = 0;
  double duration_s_ = 0.0;
  FilterBank filter_bank_;
  Activity activity_;
  Embeddings embeddings_;
  StageTimings timings_;
  std::optional<SharedEmbedder> shared_;  // unless the run is exact
  std::size_t shared_samples_ = 0;        // that it has got
  // Scratch of one batch.
  std::vector<float> log_probs_;
  std::vector<float> shared_features_;
  std::vector<float> features_;
  std::vector<float> masks_;
  std::vector<float> batch_embeddings_;
};

}  // namespace diar
