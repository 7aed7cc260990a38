#include "networks/resnet34/encoder.h"

#include <algorithm>
#include <vector>

#include "diar/errors.h"
#include "frontend/fbank.h"
#include "networks/encode_batch.h"
#include "networks/resnet34/stream.h"

namespace diar {
namespace {

class ResNet34Encoder final : public SpeakerEncoder {
 public:
  explicit ResNet34Encoder(std::unique_ptr<ResNet34> network) : network_(std::move(network)) {
    spec_.name = "ResNet34";
    spec_.dimension = network_->dimension();
    spec_.min_samples = kFrameSamples;
    spec_.shares_windows = network_->trunk_shape().stride > 0;
  }

  const EncoderSpec& spec() const override { return spec_; }

  void run(const EncodeBatch& batch, std::span<float> embeddings) const override {
    check_encode_batch(batch, spec_.dimension, embeddings.size());
    const WindowBatch& windows = batch.windows;
    std::fill(embeddings.begin(), embeddings.end(), 0.0f);
    const std::vector<std::size_t> talking = talking_windows(batch);
    if (talking.empty()) return;
    const WindowFeatures features(filter_bank_, windows, talking.back());
    const std::size_t at_once = std::max<std::size_t>(4 * network_->preferred_batch(), 1);
    for (std::size_t done = 0; done < talking.size(); done += at_once) {
      const std::size_t count = std::min(at_once, talking.size() - done);
      run_some(batch, features, std::span(talking).subspan(done, count), embeddings);
      if (batch.on_progress && !batch.on_progress(talking[done + count - 1] + 1)) throw Cancelled();
    }
  }

  std::unique_ptr<EncoderStream> open_stream(const StreamPlan& plan) const override {
    if (!spec_.shares_windows) return nullptr;
    TrunkPlan trunk;
    trunk.mean_frames = num_fbank_frames(plan.window_samples);
    return std::make_unique<ResNet34Stream>(*network_, trunk, plan);
  }

 private:
  void run_some(const EncodeBatch& batch, const WindowFeatures& of_windows,
                std::span<const std::size_t> chosen, std::span<float> embeddings) const {
    const std::size_t num_frames = of_windows.num_frames();
    const std::size_t size = num_frames * kMelBins;
    const std::size_t masks_size = batch.num_masks * batch.mask_frames;
    const std::size_t row = batch.num_masks * spec_.dimension;
    std::vector<float> features(chosen.size() * size);
    std::vector<float> masks(chosen.size() * masks_size);
    std::vector<float> values(chosen.size() * row);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const auto own = std::span(features).subspan(i * size, size);
      of_windows.copy(chosen[i], own);
      subtract_mean(own);
      std::copy_n(masks_of(batch, chosen[i]).data(), masks_size, masks.data() + i * masks_size);
    }
    network_->run({features, masks, chosen.size(), num_frames, batch.num_masks, batch.mask_frames}, values);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      std::copy_n(values.data() + i * row, row, embeddings.data() + chosen[i] * row);
  }

  std::unique_ptr<ResNet34> network_;
  FilterBank filter_bank_;
  EncoderSpec spec_;
};

}  // namespace

std::unique_ptr<SpeakerEncoder> make_resnet34_encoder(std::unique_ptr<ResNet34> network) {
  return std::make_unique<ResNet34Encoder>(std::move(network));
}

}  // namespace diar
