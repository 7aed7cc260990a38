// Networks of your own in the engine: a detector of loud frames and an encoder of spectral shape, written
// against the public headers alone. Real ones would run a trained model here; everything else stays as it is.
//   example_custom_networks AUDIO
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>
#include <diar/powerset.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <vector>

namespace {

constexpr std::size_t kFrame = 320;  // 20 ms

/// One local speaker, who talks where the signal is loud.
class LoudnessSegmentation final : public diar::SegmentationNetwork {
 public:
  const diar::SegmentationSpec& spec() const override { return spec_; }
  std::size_t num_frames(std::size_t window_samples) const override { return window_samples / kFrame; }

  void run(const diar::WindowBatch& windows, std::span<float> log_probs) const override {
    for (std::size_t w = 0; w < windows.num_windows; ++w) {
      const auto window = windows.samples.subspan(w * windows.step_samples, windows.window_samples);
      for (std::size_t f = 0; f < num_frames(window.size()); ++f) {
        double energy = 1e-10;
        for (const float x : window.subspan(f * kFrame, kFrame)) energy += static_cast<double>(x * x);
        const double level_db = 10.0 * std::log10(energy / kFrame);
        const double talks = 1.0 / (1.0 + std::exp(-(level_db + 45.0)));
        float* row = log_probs.data() + (w * num_frames(window.size()) + f) * 2;
        row[0] = static_cast<float>(std::log(1.0 - talks + 1e-10));
        row[1] = static_cast<float>(std::log(talks + 1e-10));
      }
    }
  }

 private:
  diar::SegmentationSpec spec_{diar::powerset_classes(1, 1), 1, 0.02, 0.02};
};

/// The autocorrelation of what the mask lets through: a crude picture of pitch and formants.
class ShapeEncoder final : public diar::SpeakerEncoder {
 public:
  const diar::EncoderSpec& spec() const override { return spec_; }

  void run(const diar::EncodeBatch& batch, std::span<float> embeddings) const override {
    for (std::size_t w = 0; w < batch.windows.num_windows; ++w) {
      const auto window =
          batch.windows.samples.subspan(w * batch.windows.step_samples, batch.windows.window_samples);
      for (std::size_t m = 0; m < batch.num_masks; ++m) {
        const auto mask =
            batch.masks.subspan((w * batch.num_masks + m) * batch.mask_frames, batch.mask_frames);
        shape_of(window, mask,
                 embeddings.subspan((w * batch.num_masks + m) * spec_.dimension, spec_.dimension));
      }
    }
  }

 private:
  void shape_of(std::span<const float> window, std::span<const float> mask, std::span<float> out) const {
    std::vector<double> sums(spec_.dimension + 1, 1e-9);
    for (std::size_t f = 1; f + 1 < mask.size(); ++f) {
      if (mask[f] == 0.0f) continue;
      for (std::size_t i = f * kFrame; i < (f + 1) * kFrame; ++i) {
        for (std::size_t lag = 0; lag < sums.size(); ++lag)
          sums[lag] += static_cast<double>(mask[f] * window[i] * window[i - lag]);
      }
    }
    for (std::size_t lag = 1; lag < sums.size(); ++lag)
      out[lag - 1] = static_cast<float>(sums[lag] / sums[0]);
  }

  diar::EncoderSpec spec_{"autocorrelation", 24, kFrame, false};
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: example_custom_networks AUDIO\n";
    return 2;
  }
  const auto engine = diar::Engine::assemble(std::make_shared<LoudnessSegmentation>(),
                                             std::make_shared<ShapeEncoder>(), diar::cosine_scoring());
  const auto audio = diar::open_audio(argv[1]);
  // Distances between these embeddings are small.
  diar::SessionOptions options;
  options.parameters.threshold = 0.25;
  diar::write_rttm(engine.diarize(*audio, options).diarization, std::cout);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
