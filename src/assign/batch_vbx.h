// A whole recording in, who is who out: linkage, VBx, and as many speakers as were asked for.
#pragma once

#include <optional>

#include "assign/assigner.h"

namespace diar {

/// Clusters once for all that was added, whatever bounds are asked for afterwards. Not thread-safe.
class BatchAssigner final : public SpeakerAssigner {
 public:
  /// Both are borrowed.
  BatchAssigner(const SpeakerScoring& scoring, const RunPlan& plan) : scoring_(scoring), plan_(plan) {}

  void add(const Activity&, const Embeddings&, std::size_t) override { found_.reset(); }
  SpeakerClusters current(const Activity& activity, const Embeddings& embeddings) override {
    return within(activity, embeddings, plan_);
  }
  /// With the bounds of another plan, whose hook gets what depends on them ("kmeans_clusters", "centroids");
  /// all else is the first plan's.
  SpeakerClusters within(const Activity& activity, const Embeddings& embeddings, const RunPlan& bounds);

 private:
  const SpeakerScoring& scoring_;
  const RunPlan& plan_;
  std::optional<SoftClusters> found_;
};

}  // namespace diar
