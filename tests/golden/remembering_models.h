// Networks that remember what they have computed: runs of one recording differ in what follows the networks.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "diar/models.h"

namespace diar::golden_test {

class RememberingSegmentation final : public SegmentationModel {
 public:
  explicit RememberingSegmentation(std::unique_ptr<SegmentationModel> model) : model_(std::move(model)) {}
  std::size_t num_frames(std::size_t window_samples) const override {
    return model_->num_frames(window_samples);
  }
  std::size_t preferred_batch() const override { return model_->preferred_batch(); }

  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    const auto key = std::tuple(std::vector(windows.samples.begin(), windows.samples.end()),
                                windows.num_windows, windows.window_samples, windows.step_samples);
    auto& values = known_[key];
    if (values.size() != log_probs.size()) {
      values.resize(log_probs.size());
      model_->run(windows, values);
    }
    std::copy(values.begin(), values.end(), log_probs.begin());
  }

 private:
  std::unique_ptr<SegmentationModel> model_;
  mutable std::map<std::tuple<std::vector<float>, std::size_t, std::size_t, std::size_t>, std::vector<float>>
      known_;
};

class RememberingEmbedding final : public EmbeddingModel {
 public:
  explicit RememberingEmbedding(std::unique_ptr<EmbeddingModel> model) : model_(std::move(model)) {}
  std::size_t dimension() const override { return model_->dimension(); }
  std::size_t preferred_batch() const override { return model_->preferred_batch(); }

  void run(const EmbeddingBatch& batch, std::span<float> embeddings) const override {
    const auto key = std::tuple(std::vector(batch.features.begin(), batch.features.end()),
                                std::vector(batch.masks.begin(), batch.masks.end()), batch.num_windows);
    auto& values = known_[key];
    if (values.size() != embeddings.size()) {
      values.resize(embeddings.size());
      model_->run(batch, values);
    }
    std::copy(values.begin(), values.end(), embeddings.begin());
  }

 private:
  std::unique_ptr<EmbeddingModel> model_;
  mutable std::map<std::tuple<std::vector<float>, std::vector<float>, std::size_t>, std::vector<float>>
      known_;
};

}  // namespace diar::golden_test
