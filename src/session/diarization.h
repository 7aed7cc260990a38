// Audio and two networks in, who spoke when out: the driver of all stages.
#pragma once

#include <map>

#include "assign/activity.h"
#include "assign/embeddings.h"
#include "assign/speaker_clustering.h"
#include "clustering/plda.h"
#include "core/clustering_parameters.h"
#include "diar/models.h"
#include "diar/pipeline.h"
#include "diar/waveform.h"

namespace diar {

/// What the model set fixes; a run's options may override window and step.
struct PipelineConfig {
  double duration_s = 10.0;
  double step_s = 1.0;
  double min_duration_off_s = 0.0;
  bool exclude_overlap = true;
  ClusteringParameters clustering;
  std::map<Speed, ClusteringParameters> clustering_at;  ///< of the modes that have their own

  const ClusteringParameters& clustering_of(Speed speed) const;
};

/// The whole pipeline. Throws `InvalidArgument`, `AudioError`, `Cancelled`. Artefacts, in order:
/// "segmentation" [windows, frames, 7] float and "activity" [windows, frames] bytes in batches, "masks"
/// [windows, 3, frames] and "embeddings" [windows, 3, D] for windows with speakers, one at a time;
/// "speaker_count" [frames]; those of `cluster_speakers`; "hard_clusters" [windows, 3];
/// "discrete_diarization" and "exclusive_discrete_diarization" [frames, speakers].
DiarizationOutput diarize(AudioSource& audio, const SegmentationModel& segmentation,
                          const EmbeddingModel& embedding, const Plda& plda, const PipelineConfig& config,
                          const DiarizationOptions& options, const ProgressCallback& on_progress);

/// Everything behind the networks, from recorded activity and embeddings.
DiarizationOutput cluster_and_reconstruct(const Activity& activity, const Embeddings& embeddings,
                                          const std::vector<std::uint8_t>& count, const Plda& plda,
                                          const PipelineConfig& config, const DiarizationOptions& options);

/// Everything behind the clustering: votes, turns, labels, one embedding for each speaker.
DiarizationOutput reconstruct_output(const Activity& activity, const SpeakerClusters& clusters,
                                     const std::vector<std::uint8_t>& count, const PipelineConfig& config,
                                     const DiarizationOptions& options);

/// Throws `InvalidArgument` when the bounds on the number of speakers contradict each other.
void check_speaker_bounds(const DiarizationOptions& options);

}  // namespace diar
