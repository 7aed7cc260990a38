// Mono samples at any rate in, mono samples at 16 kHz out, block by block.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "diar/export.h"

namespace diar {

/// Band-limited resampling with soxr (high quality: pass-band 91 %, stop-band below -120 dB); linear phase,
/// no delay. At 16 kHz samples pass through bit-exactly. Not thread-safe.
class DIAR_API Resampler {
 public:
  /// Throws `InvalidArgument` on a rate outside 1 kHz to 768 kHz.
  explicit Resampler(int sample_rate_hz);
  ~Resampler();

  int sample_rate_hz() const noexcept { return sample_rate_hz_; }
  /// Appends to `out` what is ready so far.
  void process(std::span<const float> in, std::vector<float>& out);
  /// Appends the rest; the resampler is then at its end.
  void finish(std::vector<float>& out);

 private:
  struct Engine;
  int sample_rate_hz_;
  std::unique_ptr<Engine> engine_;  // empty at 16 kHz
};

}  // namespace diar
