// What the networks said in, who spoke when out: all that follows the networks.
#pragma once

#include "assign/speaker_clustering.h"
#include "core/run_plan.h"
#include "diar/diarization.h"
#include "diar/networks.h"
#include "session/network_output.h"

namespace diar {

/// Speaker count, assignment, votes, turns, labels, one embedding for each speaker. Artefacts, in order,
/// after those of the networks ("segmentation" [windows, frames, classes] float and "activity" [windows,
/// frames] bytes in batches, "masks" [windows, speakers, frames] and "embeddings" [windows, speakers, D] for
/// windows with speakers, one at a time): "speaker_count" [frames]; those of `cluster_speakers`;
/// "hard_clusters" [windows, speakers]; "discrete_diarization" and "exclusive_discrete_diarization" [frames,
/// speakers].
DiarizationOutput assign_and_reconstruct(const NetworkOutput& networks, const SpeakerScoring& scoring,
                                         const RunPlan& plan);

/// The same with a count that is known. Without `certainty` the turns have no confidence.
DiarizationOutput assign_and_reconstruct(const Activity& activity, const Embeddings& embeddings,
                                         const std::vector<std::uint8_t>& count,
                                         const SpeakerScoring& scoring, const RunPlan& plan,
                                         const FrameCertainty* certainty = nullptr);

/// All that follows the clustering: votes, turns, labels, one embedding for each speaker.
DiarizationOutput reconstruct_output(const Activity& activity, const SpeakerClusters& clusters,
                                     const std::vector<std::uint8_t>& count, const RunPlan& plan,
                                     const FrameCertainty* certainty = nullptr);

}  // namespace diar
