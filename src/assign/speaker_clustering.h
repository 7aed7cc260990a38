// Activity and embeddings in, a global speaker for each (window, local speaker) pair out: steps 10 to 15 of
// the pipeline.
#pragma once

#include <functional>
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

/// Steps 11 and 13 to 15 with the PLDA features that `make_space` gives, which is called when the linkage has
/// given its memory back; at least two pairs. A space without dimensions leaves out step 13: the linkage
/// decides.
SpeakerClusters cluster_in_plda_space(const Activity& activity, const Embeddings& embeddings,
                                      const std::vector<std::pair<std::size_t, std::size_t>>& pairs,
                                      const std::function<PldaSpace()>& make_space, const RunPlan& plan);

/// All of it. Fewer than two training pairs: everybody is speaker 0.
SpeakerClusters cluster_speakers(const Activity& activity, const Embeddings& embeddings,
                                 const SpeakerScoring& scoring, const RunPlan& plan);

}  // namespace diar
