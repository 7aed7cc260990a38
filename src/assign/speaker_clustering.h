// Activity and embeddings in, a global speaker for each (window, local speaker) pair out: steps 10 to 15 of
// the pipeline.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "assign/activity.h"
#include "assign/embeddings.h"
#include "clustering/plda.h"
#include "clustering/vbx.h"
#include "diar/progress.h"

namespace diar {

struct ClusteringOptions {
  double threshold = 0.6;  ///< AHC cut
  VbxOptions vbx;
  std::optional<int> num_speakers;
  std::optional<int> min_speakers;
  std::optional<int> max_speakers;
};

struct SpeakerClusters {
  std::vector<std::int32_t> cluster_of;  ///< [windows, 3]; -2 for pairs without a speaker
  RowMatrix centroids;  ///< [clusters, dimension]; an empty row of zeros where no embedding was
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
/// given its memory back; at least two pairs. `hook` may be empty.
SpeakerClusters cluster_in_plda_space(const Activity& activity, const Embeddings& embeddings,
                                      const std::vector<std::pair<std::size_t, std::size_t>>& pairs,
                                      const std::function<PldaSpace()>& make_space,
                                      const ClusteringOptions& options, const ArtefactHook& hook);

/// All of it. `hook` may be empty. Fewer than two training pairs: everybody is speaker 0.
SpeakerClusters cluster_speakers(const Activity& activity, const Embeddings& embeddings, const Plda& plda,
                                 const ClusteringOptions& options, const ArtefactHook& hook);

}  // namespace diar
