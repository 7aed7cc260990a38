// Networks in, the same networks that remember what they have computed for each window out: for many runs
// over the same recordings.
#pragma once

#include <diar/engine.h>
#include <diar/networks.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace diar::live_test {

/// Results by a hash of what went in. Thread-safe.
class NetworkMemory {
 public:
  NetworkMemory() = default;
  /// Kept in a file for the next program; one program at a time.
  explicit NetworkMemory(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::uint64_t head[2];
    while (in.read(reinterpret_cast<char*>(head), sizeof(head))) {
      std::vector<float> values(head[1]);
      if (!in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(4 * values.size())))
        break;
      results_[head[0]] = std::move(values);
    }
    out_.open(path, std::ios::binary | std::ios::app);
  }
  /// `compute` fills `out` when nothing is remembered.
  template <class Compute>
  void get(std::uint64_t key, std::span<float> out, Compute&& compute) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = results_.find(key);
      if (found != results_.end() && found->second.size() == out.size()) {
        std::copy(found->second.begin(), found->second.end(), out.begin());
        return;
      }
    }
    compute();
    const std::lock_guard lock(mutex_);
    results_[key].assign(out.begin(), out.end());
    if (!out_.is_open()) return;
    const std::uint64_t head[2] = {key, out.size()};
    out_.write(reinterpret_cast<const char*>(head), sizeof(head));
    out_.write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size_bytes()));
    out_.flush();
  }
  /// FNV-1a over words.
  static std::uint64_t hash(std::span<const float> values, std::uint64_t state = 0xcbf29ce484222325u) {
    for (const float value : values) {
      std::uint32_t word;
      std::memcpy(&word, &value, sizeof(word));
      state = (state ^ word) * 0x100000001b3u;
    }
    return state;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::vector<float>> results_;
  std::ofstream out_;
};

class RememberingSegmentation final : public SegmentationNetwork {
 public:
  RememberingSegmentation(std::shared_ptr<const SegmentationNetwork> network,
                          std::shared_ptr<NetworkMemory> memory)
      : network_(std::move(network)), memory_(std::move(memory)) {}
  const SegmentationSpec& spec() const override { return network_->spec(); }
  std::size_t num_frames(std::size_t window_samples) const override {
    return network_->num_frames(window_samples);
  }
  void run(const WindowBatch& batch, std::span<float> log_probs) const override {
    const std::size_t size = log_probs.size() / batch.num_windows;
    for (std::size_t w = 0; w < batch.num_windows; ++w) {
      const auto window = batch.samples.subspan(w * batch.step_samples, batch.window_samples);
      const auto out = log_probs.subspan(w * size, size);
      memory_->get(NetworkMemory::hash(window), out, [&] {
        network_->run({window, 1, batch.window_samples, batch.step_samples}, out);
      });
    }
  }

 private:
  std::shared_ptr<const SegmentationNetwork> network_;
  std::shared_ptr<NetworkMemory> memory_;
};

class RememberingEncoder final : public SpeakerEncoder {
 public:
  RememberingEncoder(std::shared_ptr<const SpeakerEncoder> network, std::shared_ptr<NetworkMemory> memory)
      : network_(std::move(network)), memory_(std::move(memory)), spec_(network_->spec()) {
    spec_.shares_windows = false;
  }
  const EncoderSpec& spec() const override { return spec_; }
  void run(const EncodeBatch& batch, std::span<float> embeddings) const override {
    const std::size_t size = embeddings.size() / batch.windows.num_windows;
    const std::size_t mask_size = batch.num_masks * batch.mask_frames;
    for (std::size_t w = 0; w < batch.windows.num_windows; ++w) {
      const auto window =
          batch.windows.samples.subspan(w * batch.windows.step_samples, batch.windows.window_samples);
      const auto masks = batch.masks.subspan(w * mask_size, mask_size);
      const auto out = embeddings.subspan(w * size, size);
      memory_->get(NetworkMemory::hash(masks, NetworkMemory::hash(window)), out, [&] {
        network_->run({{window, 1, batch.windows.window_samples, batch.windows.step_samples},
                       masks,
                       batch.num_masks,
                       batch.mask_frames,
                       {}},
                      out);
      });
    }
  }

 private:
  std::shared_ptr<const SpeakerEncoder> network_;
  std::shared_ptr<NetworkMemory> memory_;
  EncoderSpec spec_;
};

/// The same engine, whose networks remember.
inline Engine remembering_engine(std::shared_ptr<const SegmentationNetwork> segmentation,
                                 std::shared_ptr<const SpeakerEncoder> encoder,
                                 std::shared_ptr<const SpeakerScoring> scoring,
                                 const std::shared_ptr<NetworkMemory>& memory,
                                 const EngineOptions& options = {}) {
  return Engine::assemble(std::make_shared<RememberingSegmentation>(std::move(segmentation), memory),
                          std::make_shared<RememberingEncoder>(std::move(encoder), memory),
                          std::move(scoring), options);
}

}  // namespace diar::live_test
