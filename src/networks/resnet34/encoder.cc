#include "networks/resnet34/encoder.h"

#include <algorithm>
#include <vector>

#include "diar/errors.h"
#include "frontend/fbank.h"
#include "networks/resnet34/stream.h"

namespace diar {
namespace {

void check_spans(const EncodeBatch& batch, std::size_t dimension, std::size_t num_values) {
  const WindowBatch& windows = batch.windows;
  const std::size_t rows = windows.num_windows * batch.num_masks;
  if (windows.window_samples < kFrameSamples)
    throw InvalidArgument("encoder: a window is shorter than one frame of features");
  if (windows.num_windows > 0 &&
      (windows.samples.size() < windows.window_samples ||
       (windows.num_windows > 1 && windows.step_samples == 0) ||
       (windows.samples.size() - windows.window_samples) / std::max<std::size_t>(windows.step_samples, 1) <
           windows.num_windows - 1)) {
    throw InvalidArgument("encoder: the samples do not reach the last window");
  }
  if (batch.masks.size() != rows * batch.mask_frames || num_values != rows * dimension)
    throw InvalidArgument("encoder: the spans do not fit the number of windows and masks");
}

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
    check_spans(batch, spec_.dimension, embeddings.size());
    const WindowBatch& windows = batch.windows;
    std::fill(embeddings.begin(), embeddings.end(), 0.0f);
    std::vector<std::size_t> talking;
    for (std::size_t window = 0; window < windows.num_windows; ++window) {
      const auto masks = masks_of(batch, window);
      if (std::any_of(masks.begin(), masks.end(), [](float weight) { return weight != 0.0f; }))
        talking.push_back(window);
    }
    if (talking.empty()) return;
    const std::vector<float> shared = shared_features(windows, talking.back());
    const std::size_t at_once = std::max<std::size_t>(4 * network_->preferred_batch(), 1);
    for (std::size_t done = 0; done < talking.size(); done += at_once) {
      const std::size_t count = std::min(at_once, talking.size() - done);
      run_some(batch, shared, std::span(talking).subspan(done, count), embeddings);
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
  static std::span<const float> masks_of(const EncodeBatch& batch, std::size_t window) {
    const std::size_t size = batch.num_masks * batch.mask_frames;
    return batch.masks.subspan(window * size, size);
  }

  // Frames lie on a grid of 160 samples, which steps of whole hundredths of a second keep: then windows share
  // them. Empty otherwise.
  std::vector<float> shared_features(const WindowBatch& windows, std::size_t last_window) const {
    std::vector<float> features;
    if (windows.step_samples % kFrameShiftSamples != 0) return features;
    const std::size_t end = last_window * windows.step_samples + windows.window_samples;
    features.resize(num_fbank_frames(end) * kMelBins);
    filter_bank_.compute(windows.samples.first(end), features);
    return features;
  }

  void run_some(const EncodeBatch& batch, std::span<const float> shared, std::span<const std::size_t> chosen,
                std::span<float> embeddings) const {
    const WindowBatch& windows = batch.windows;
    const std::size_t num_frames = num_fbank_frames(windows.window_samples);
    const std::size_t size = num_frames * kMelBins;
    const std::size_t masks_size = batch.num_masks * batch.mask_frames;
    const std::size_t row = batch.num_masks * spec_.dimension;
    std::vector<float> features(chosen.size() * size);
    std::vector<float> masks(chosen.size() * masks_size);
    std::vector<float> values(chosen.size() * row);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const std::size_t start = chosen[i] * windows.step_samples;
      const auto own = std::span(features).subspan(i * size, size);
      if (shared.empty()) {
        filter_bank_.compute(windows.samples.subspan(start, windows.window_samples), own);
      } else {
        std::copy_n(shared.data() + start / kFrameShiftSamples * kMelBins, size, own.data());
      }
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
