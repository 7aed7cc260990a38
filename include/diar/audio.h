// Any audio or video file in, 16 kHz mono float samples out, streamed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diar/export.h"

namespace diar {

/// The rate at which both networks listen.
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

  operator WaveformView() const noexcept { return {samples, sample_rate_hz}; }
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

struct AudioOptions {
  /// Take this channel (0 is the first) instead of the mean of all channels.
  std::optional<int> channel;
  /// Accept a file that ends before its header says, with what could be decoded.
  bool allow_truncated = false;
};

/// Opens any file FFmpeg can decode; "-" is standard input. 16 kHz mono 16-bit PCM passes bit-exactly
/// (divided by 32768); other rates are resampled with soxr at high quality. Memory stays bounded whatever the
/// length. Throws `InputError` (missing, unreadable, a directory) or `AudioError` (no audio in it, no such
/// channel).
DIAR_API std::unique_ptr<AudioSource> open_audio(const std::string& path, const AudioOptions& options = {});
/// Streams samples held in memory, resampled where needed; `waveform` is only borrowed and must outlive the
/// source. Throws `InvalidArgument` on a sample rate outside 1 kHz to 768 kHz, `AudioError` (on read) on NaN
/// or infinite samples.
DIAR_API std::unique_ptr<AudioSource> open_waveform(WaveformView waveform);
/// Reads a whole file into memory.
DIAR_API Waveform load_audio(const std::string& path, const AudioOptions& options = {});

}  // namespace diar
