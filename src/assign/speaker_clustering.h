// Activity and embeddings in, a global speaker for each (window, local speaker) pair out: steps 10 to 15 of
// the pipeline.
#pragma once

#include <utility>
#include <vector>

#include "assign/activity.h"
#include "assign/embeddings.h"
#include "assign/nobody.h"
#include "clustering/matrix.h"
#include "core/run_plan.h"
#include "diar/networks.h"

namespace diar {

struct SpeakerClusters {
  std::vector<std::int32_t> cluster_of;  ///< [windows, local speakers]; kNobody for pairs without a speaker
  RowMatrix centroids;  ///< [clusters, dimension]; an empty row of zeros where no embedding was
  /// [windows, local speakers]: by how much the cluster's cosine is above the next cluster's, below it when
  /// negative; 1 without another cluster. Empty: unknown.
  std::vector<float> margins;
};

/// Pairs that may shape the clusters: alone for at least 20 % of the window. (window, local speaker) in
/// order.
std::vector<std::pair<std::size_t, std::size_t>> training_pairs(const Activity& activity,
                                                                const Embeddings& embeddings);

/// What VBx sees of the training pairs: PLDA features z [pairs, L] and the variances phi [L] of their space.
struct PldaSpace {
  RowMatrix z;
  Eigen::VectorXd phi;
};

/// What the training pairs say of speakers, whatever number of them is asked for.
struct SoftClusters {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;  ///< the training pairs
  RowMatrix gamma;      ///< [pairs, K]: each pair's weights, of K clusters; empty with fewer than two pairs
  RowMatrix centroids;  ///< [K, dimension]
};

/// Steps 10 to 13: linkage and VBx, nearly all of the time. The plan's bounds play no part. A space without
/// dimensions leaves out VBx: the linkage decides.
SoftClusters find_clusters(const Activity& activity, const Embeddings& embeddings,
                           const SpeakerScoring& scoring, const RunPlan& plan);

/// Steps 14 and 15: as many clusters as the plan's bounds ask for, and one for each (window, local speaker).
/// Fewer than two training pairs: everybody is speaker 0. `soft` is what `find_clusters` gave for the same
/// activity and embeddings.
SpeakerClusters assign_clusters(const Activity& activity, const Embeddings& embeddings,
                                const SpeakerScoring& scoring, const SoftClusters& soft, const RunPlan& plan);

/// Both.
SpeakerClusters cluster_speakers(const Activity& activity, const Embeddings& embeddings,
                                 const SpeakerScoring& scoring, const RunPlan& plan);

}  // namespace diar
