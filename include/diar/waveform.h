// Mono samples in memory or as a stream: what every network listens to.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "diar/export.h"

namespace diar {

/// The rate at which the networks listen.
inline constexpr int kModelSampleRateHz = 16000;

/// Borrowed mono samples, nominally in [-1, 1].
struct WaveformView {
  std::span<const float> samples;
  int sample_rate_hz = kModelSampleRateHz;
};

/// Owned mono samples, nominally in [-1, 1].
struct Waveform {
  std::vector<float> samples;
  int sample_rate_hz = kModelSampleRateHz;

  operator WaveformView() const& noexcept { return {samples, sample_rate_hz}; }
  /// A view must not outlive its samples.
  operator WaveformView() && = delete;
};

/// A stream of 16 kHz mono samples. Not thread-safe; read from one thread at a time.
class DIAR_API AudioSource {
 public:
  virtual ~AudioSource() = default;
  /// Fills `out` from its start and returns how many samples were written; fewer than asked only at the end,
  /// 0 ever after. Throws `AudioError` on damage found while decoding.
  virtual std::size_t read(std::span<float> out) = 0;
  /// What the container says, in seconds; empty when it does not know (a pipe). Only for progress display.
  virtual std::optional<double> duration_hint_s() const { return std::nullopt; }
};

/// Streams samples held in memory, resampled where needed; `waveform` is only borrowed and must outlive the
/// source. Throws `InvalidArgument` on a sample rate outside 1 kHz to 768 kHz, `AudioError` (on read) on NaN
/// or infinite samples.
DIAR_API std::unique_ptr<AudioSource> open_waveform(WaveformView waveform);

}  // namespace diar
