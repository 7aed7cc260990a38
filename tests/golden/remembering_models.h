// Networks that remember what they have computed: runs of one recording differ in what follows the networks.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "diar/networks.h"

namespace diar::golden_test {

class RememberingSegmentation final : public SegmentationNetwork {
 public:
  explicit RememberingSegmentation(std::shared_ptr<const SegmentationNetwork> network)
      : network_(std::move(network)) {}
  const SegmentationSpec& spec() const override { return network_->spec(); }
  std::size_t num_frames(std::size_t window_samples) const override {
    return network_->num_frames(window_samples);
  }
  std::size_t preferred_batch() const override { return network_->preferred_batch(); }

  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    const auto key = std::tuple(std::vector(windows.samples.begin(), windows.samples.end()),
                                windows.num_windows, windows.window_samples, windows.step_samples);
    const std::lock_guard lock(mutex_);
    auto& values = known_[key];
    if (values.size() != log_probs.size()) {
      values.resize(log_probs.size());
      network_->run(windows, values);
    }
    std::copy(values.begin(), values.end(), log_probs.begin());
  }

 private:
  std::shared_ptr<const SegmentationNetwork> network_;
  mutable std::mutex mutex_;
  mutable std::map<std::tuple<std::vector<float>, std::size_t, std::size_t, std::size_t>, std::vector<float>>
      known_;
};

class RememberingEncoder final : public SpeakerEncoder {
 public:
  explicit RememberingEncoder(std::shared_ptr<const SpeakerEncoder> encoder) : encoder_(std::move(encoder)) {}
  const EncoderSpec& spec() const override { return encoder_->spec(); }

  void run(const EncodeBatch& batch, std::span<float> embeddings) const override {
    const auto key =
        std::tuple(std::vector(batch.windows.samples.begin(), batch.windows.samples.end()),
                   std::vector(batch.masks.begin(), batch.masks.end()), batch.windows.num_windows);
    const std::lock_guard lock(mutex_);
    auto& values = known_[key];
    if (values.size() != embeddings.size()) {
      values.resize(embeddings.size());
      encoder_->run(batch, values);
    }
    std::copy(values.begin(), values.end(), embeddings.begin());
  }

 private:
  std::shared_ptr<const SpeakerEncoder> encoder_;
  mutable std::mutex mutex_;
  mutable std::map<std::tuple<std::vector<float>, std::vector<float>, std::size_t>, std::vector<float>>
      known_;
};

}  // namespace diar::golden_test
