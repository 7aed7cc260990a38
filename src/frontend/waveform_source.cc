// Samples in memory as an AudioSource.
#include "diar/resampler.h"
#include "diar/waveform.h"
#include "frontend/sample_buffer.h"

namespace diar {
namespace {

constexpr std::size_t kBlockSamples = 65536;

class WaveformSource final : public BufferedSource {
 public:
  explicit WaveformSource(WaveformView waveform)
      : BufferedSource("waveform"), waveform_(waveform), resampler_(waveform.sample_rate_hz) {}

  std::optional<double> duration_hint_s() const override {
    return static_cast<double>(waveform_.samples.size()) / waveform_.sample_rate_hz;
  }

 protected:
  bool next_block(std::vector<float>& block) override {
    if (finished_) return false;
    const std::size_t count = std::min(kBlockSamples, waveform_.samples.size() - position_);
    resampler_.process(waveform_.samples.subspan(position_, count), block);
    position_ += count;
    if (count == 0) {
      resampler_.finish(block);
      finished_ = true;
    }
    return true;
  }

 private:
  WaveformView waveform_;
  Resampler resampler_;
  std::size_t position_ = 0;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<AudioSource> open_waveform(WaveformView waveform) {
  return std::make_unique<WaveformSource>(waveform);
}

}  // namespace diar
