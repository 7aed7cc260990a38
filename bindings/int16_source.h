// 16-bit samples in memory as an AudioSource, for the bindings of other languages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "diar/resampler.h"
#include "diar/waveform.h"

namespace diar {

/// Divides by 32768 and resamples block by block; the samples are only borrowed. Throws `InvalidArgument` on
/// a sample rate outside 1 kHz to 768 kHz.
class Int16Source final : public AudioSource {
 public:
  Int16Source(std::span<const std::int16_t> samples, int sample_rate_hz)
      : samples_(samples),
        duration_s_(static_cast<double>(samples.size()) / sample_rate_hz),
        resampler_(sample_rate_hz) {}

  std::size_t read(std::span<float> out) override {
    std::size_t filled = 0;
    while (filled < out.size() && (position_ < ready_.size() || next_block())) {
      const std::size_t count = std::min(out.size() - filled, ready_.size() - position_);
      std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(position_), count,
                  out.begin() + static_cast<std::ptrdiff_t>(filled));
      position_ += count;
      filled += count;
    }
    return filled;
  }
  std::optional<double> duration_hint_s() const override { return duration_s_; }

 private:
  static constexpr std::size_t kBlockSamples = 65536;

  bool next_block() {
    if (finished_) return false;
    ready_.clear();
    position_ = 0;
    const std::size_t count = std::min(kBlockSamples, samples_.size());
    block_.assign(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count));
    for (float& sample : block_) sample /= 32768.0f;
    samples_ = samples_.subspan(count);
    resampler_.process(block_, ready_);
    if (count == 0) {
      resampler_.finish(ready_);
      finished_ = true;
    }
    return true;
  }

  std::span<const std::int16_t> samples_;
  double duration_s_;
  Resampler resampler_;
  std::vector<float> block_;
  std::vector<float> ready_;
  std::size_t position_ = 0;
  bool finished_ = false;
};

}  // namespace diar
