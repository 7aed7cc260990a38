// A pipe, FIFO or device that gives raw samples or WAV as they are made in, 16 kHz mono float samples out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diar/export.h"

namespace diar {

/// How raw samples lie: interleaved, little-endian.
struct PcmFormat {
  enum class Encoding { kS16, kF32 };
  Encoding encoding = Encoding::kS16;
  int sample_rate_hz = 16000;
  int num_channels = 1;
};

struct LiveAudioOptions {
  /// Empty: the stream is WAV (PCM of 8, 16, 24 or 32 bits, or float), whose length need not be known.
  std::optional<PcmFormat> raw;
  /// Take this channel (0 is the first) instead of the mean of all channels.
  std::optional<int> channel;
  /// Told in one plain line what is odd about a stream that is taken nevertheless, once for each kind:
  /// damaged samples (they become silence), half a sample at the end, an end before the length that was
  /// stated, a failure of reading. From the thread that reads.
  std::function<void(const std::string&)> on_warning;
};

/// Gives samples as soon as they come, unlike `open_audio`, which looks at the beginning of a stream for
/// seconds. Not thread-safe.
class DIAR_API LiveAudio {
 public:
  enum class State {
    kSamples,  ///< some came
    kNothing,  ///< none came in the time that was given
    kEnd,      ///< no more will come
  };

  /// `file_descriptor` is borrowed; `name` is for messages. Throws `InvalidArgument` on an impossible format.
  LiveAudio(int file_descriptor, std::string name, const LiveAudioOptions& options = {});
  LiveAudio(LiveAudio&&) noexcept;
  ~LiveAudio();

  /// Appends what has come, at most a few seconds, and waits for the first of it at most `timeout`. Also
  /// returns `kNothing` when a signal came. With kEnd the last samples may come. Throws `AudioError` when the
  /// stream is no WAV or holds what the options cannot take.
  State read(std::vector<float>& samples, std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
