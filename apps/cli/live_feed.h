// Standard input, a FIFO or a file in, its samples as they come out.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diar/io/audio.h"
#include "diar/io/live_audio.h"

namespace diar::cli {

struct LiveFeedOptions {
  AudioOptions audio;            ///< of files, and the channel and the warnings of streams
  std::optional<PcmFormat> raw;  ///< of streams; empty: WAV
  bool real_time = false;        ///< files at the speed at which they play
};

class LiveFeed {
 public:
  using State = LiveAudio::State;
  virtual ~LiveFeed() = default;
  /// 16 kHz mono, as `LiveAudio::read`. Throws what reading throws.
  virtual State read(std::vector<float>& samples, std::chrono::milliseconds timeout) = 0;
};

/// "-" is standard input. Files that are no pipe are read as `open_audio` reads them, unless they hold raw
/// samples.
std::unique_ptr<LiveFeed> open_live_feed(const std::string& input, const LiveFeedOptions& options);

}  // namespace diar::cli
