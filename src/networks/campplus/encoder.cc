#include "networks/campplus/encoder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "frontend/fbank.h"
#include "models/layout_campplus.h"
#include "networks/campplus/cpu.h"
#include "networks/campplus/weights.h"
#include "networks/encode_batch.h"
#include "nn/kernels/stats_pool.h"

namespace diar {
namespace {

static_assert(kCampplusMels == kMelBins);

// Windows of one loop over the threads, for each of them: between two loops the caller hears of the progress.
constexpr std::size_t kWindowsOfThread = 4;

FbankOptions features_of(const Weights& weights) {
  const auto said = weights.metadata().find(kCampplusFeatures);
  if (said == weights.metadata().end() || said->second == kCampplusFeatures3dSpeaker)
    return {.window = FbankWindow::kPovey, .sample_scale = 1.0f};
  if (said->second == kCampplusFeaturesWeSpeaker) return {};
  throw ModelError(weights.source() + ": CAM++ with unknown features '" + said->second + "'");
}

class CampplusEncoder final : public SpeakerEncoder {
 public:
  CampplusEncoder(const Weights& weights, std::shared_ptr<const Executor> executor,
                  nn::ProductPrecision products)
      : executor_(std::move(executor)),
        network_(read_campplus_weights(weights), products),
        filter_bank_(features_of(weights)) {
    spec_.name = "CAM++";
    spec_.dimension = network_.dimension();
    spec_.min_samples = kFrameSamples;
    spec_.shares_windows = false;
  }

  const EncoderSpec& spec() const override { return spec_; }

  void run(const EncodeBatch& batch, std::span<float> embeddings) const override {
    check_encode_batch(batch, spec_.dimension, embeddings.size());
    std::fill(embeddings.begin(), embeddings.end(), 0.0f);
    const std::vector<std::size_t> talking = talking_windows(batch);
    if (talking.empty()) return;
    const WindowFeatures features(filter_bank_, batch.windows, talking.back());
    const auto num_threads = static_cast<std::size_t>(executor_->num_threads());
    std::vector<Scratch> scratch(num_threads);
    const std::size_t at_once = kWindowsOfThread * num_threads;
    for (std::size_t done = 0; done < talking.size(); done += at_once) {
      const std::size_t count = std::min(at_once, talking.size() - done);
      executor_->parallel_for(count * batch.num_masks, [&](std::size_t item, std::size_t worker) {
        const std::size_t window = talking[done + item / batch.num_masks];
        const std::size_t mask = item % batch.num_masks;
        run_one(batch, features, window, mask, scratch[worker],
                embeddings.subspan((window * batch.num_masks + mask) * spec_.dimension, spec_.dimension));
      });
      if (batch.on_progress && !batch.on_progress(talking[done + count - 1] + 1)) throw Cancelled();
    }
  }

 private:
  struct Scratch {
    std::vector<float> features;
    cpu::CampplusScratch network;
  };

  void run_one(const EncodeBatch& batch, const WindowFeatures& features, std::size_t window, std::size_t mask,
               Scratch& scratch, std::span<float> embedding) const {
    const auto weights = masks_of(batch, window).subspan(mask * batch.mask_frames, batch.mask_frames);
    if (std::all_of(weights.begin(), weights.end(), [](float weight) { return weight == 0.0f; })) return;
    scratch.features.resize(features.num_frames() * kMelBins);
    features.copy(window, scratch.features);
    const std::vector<float> heard = nn::resize_nearest(weights, features.num_frames());
    std::size_t kept = 0;
    for (std::size_t t = 0; t < heard.size(); ++t) {
      if (heard[t] == 0.0f) continue;
      std::copy_n(scratch.features.data() + t * kMelBins, kMelBins,
                  scratch.features.data() + kept++ * kMelBins);
    }
    // Masks finer than the features can fall between two of them.
    if (kept == 0) return;
    const auto cut = std::span(scratch.features).first(kept * kMelBins);
    subtract_mean(cut);
    network_.embed(cut, scratch.network, embedding);
  }

  std::shared_ptr<const Executor> executor_;
  cpu::Campplus network_;
  FilterBank filter_bank_;
  EncoderSpec spec_;
};

}  // namespace

std::unique_ptr<SpeakerEncoder> make_campplus_encoder(const Weights& weights,
                                                      std::shared_ptr<const Executor> executor, bool mixed) {
  const auto products = mixed ? nn::ProductPrecision::kBfloat16 : nn::ProductPrecision::kFloat32;
  return std::make_unique<CampplusEncoder>(weights, std::move(executor), products);
}

}  // namespace diar
