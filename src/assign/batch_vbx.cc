#include "assign/batch_vbx.h"

namespace diar {

SpeakerClusters BatchAssigner::within(const Activity& activity, const Embeddings& embeddings,
                                      const RunPlan& bounds) {
  if (!found_) found_ = find_clusters(activity, embeddings, scoring_, plan_);
  return assign_clusters(activity, embeddings, scoring_, *found_, bounds);
}

}  // namespace diar
