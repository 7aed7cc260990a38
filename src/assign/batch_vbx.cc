// The assigner of whole recordings.
#include "assign/assigner.h"

namespace diar {
namespace {

class BatchAssigner final : public SpeakerAssigner {
 public:
  BatchAssigner(const SpeakerScoring& scoring, const RunPlan& plan) : scoring_(scoring), plan_(plan) {}
  void add(const Activity&, const Embeddings&, std::size_t) override {}
  SpeakerClusters current(const Activity& activity, const Embeddings& embeddings) override {
    return cluster_speakers(activity, embeddings, scoring_, plan_);
  }

 private:
  const SpeakerScoring& scoring_;
  const RunPlan& plan_;
};

}  // namespace

std::unique_ptr<SpeakerAssigner> make_batch_assigner(const SpeakerScoring& scoring, const RunPlan& plan) {
  return std::make_unique<BatchAssigner>(scoring, plan);
}

}  // namespace diar
