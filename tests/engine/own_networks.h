// Networks that nobody trained, as somebody outside of this tree would write them: public headers only.
#pragma once

#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/powerset.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <vector>

namespace diar::engine_test {

/// Two local speakers: the left one talks where samples are positive, the right one where they are negative.
/// Frames of 1600 samples.
class SignSegmentation final : public SegmentationNetwork {
 public:
  explicit SignSegmentation(std::size_t batch = 3) : batch_(batch) {
    spec_ = {powerset_classes(2, 2), 2, 0.1, 0.1};
  }
  const SegmentationSpec& spec() const override { return spec_; }
  std::size_t num_frames(std::size_t window_samples) const override { return window_samples / 1600; }
  std::size_t preferred_batch() const override { return batch_; }

  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    ++num_calls;
    const std::size_t frames = num_frames(windows.window_samples);
    for (std::size_t w = 0; w < windows.num_windows; ++w) {
      const auto window = windows.samples.subspan(w * windows.step_samples, windows.window_samples);
      for (std::size_t f = 0; f < frames; ++f) {
        float sum = 0.0f;
        for (const float sample : window.subspan(f * 1600, 1600)) sum += sample;
        if (sum == 666.0f) throw std::runtime_error("a network's own failure");
        const std::size_t best = sum > 1.0f ? 1 : sum < -1.0f ? 2 : 0;
        float* row = log_probs.data() + (w * frames + f) * spec_.classes.size();
        std::fill_n(row, spec_.classes.size(), std::log(0.1f));
        row[best] = std::log(0.7f);
      }
    }
  }

  mutable std::atomic<std::size_t> num_calls{0};

 private:
  SegmentationSpec spec_;
  std::size_t batch_;
};

/// Mean and mean square of the samples under each mask, and a constant.
class MeanEncoder final : public SpeakerEncoder {
 public:
  const EncoderSpec& spec() const override { return spec_; }

  void run(const EncodeBatch& batch, std::span<float> embeddings) const override {
    const WindowBatch& windows = batch.windows;
    for (std::size_t w = 0; w < windows.num_windows; ++w) {
      const auto window = windows.samples.subspan(w * windows.step_samples, windows.window_samples);
      for (std::size_t m = 0; m < batch.num_masks; ++m) {
        const auto mask =
            batch.masks.subspan((w * batch.num_masks + m) * batch.mask_frames, batch.mask_frames);
        double sum = 0.0, squares = 0.0, weights = 0.0;
        for (std::size_t f = 0; f < batch.mask_frames; ++f) {
          for (const float sample : window.subspan(f * 1600, 1600)) {
            sum += static_cast<double>(mask[f] * sample);
            squares += static_cast<double>(mask[f] * sample * sample);
          }
          weights += 1600.0 * static_cast<double>(mask[f]);
        }
        float* out = embeddings.data() + (w * batch.num_masks + m) * spec_.dimension;
        out[0] = static_cast<float>(sum / std::max(weights, 1.0));
        out[1] = static_cast<float>(squares / std::max(weights, 1.0));
        out[2] = 0.01f;
      }
    }
  }

 private:
  EncoderSpec spec_{"mean", 3, 400, false};
};

inline Engine own_engine(int num_threads = 2, std::size_t batch = 3) {
  EngineOptions options;
  options.num_threads = num_threads;
  return Engine::assemble(std::make_shared<SignSegmentation>(batch), std::make_shared<MeanEncoder>(),
                          cosine_scoring(), options);
}

/// Speaker A (0.5) and B (-0.3) take turns of `turn_s` with half a second of silence between them; a little
/// noise.
inline std::vector<float> conversation(double duration_s, double turn_s = 4.0, std::uint32_t seed = 1) {
  std::vector<float> samples(static_cast<std::size_t>(duration_s * 16000.0));
  std::uint32_t state = seed;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    const double time_s = static_cast<double>(i) / 16000.0;
    const auto turn = static_cast<long>(time_s / (turn_s + 0.5));
    const bool pause = time_s - static_cast<double>(turn) * (turn_s + 0.5) > turn_s;
    const float level = pause ? 0.0f : turn % 2 == 0 ? 0.5f : -0.3f;
    samples[i] = level == 0.0f ? 0.0f : level + 0.01f * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
  }
  return samples;
}

}  // namespace diar::engine_test
