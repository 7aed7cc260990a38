// An audio stream in, batches of overlapping windows out, with only their samples in memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "diar/models.h"
#include "diar/waveform.h"

namespace diar {

/// Windows of `window_samples` every `step_samples`. One more, padded with zeros, when the recording is
/// shorter than a window or goes on behind the last full one.
class WindowReader {
 public:
  /// 0 < step_samples <= window_samples. `audio` is borrowed.
  WindowReader(AudioSource& audio, std::size_t window_samples, std::size_t step_samples);

  /// The next up to `max_windows` windows; num_windows 0 at the end. Valid until the next call.
  WindowBatch next(std::size_t max_windows);
  /// Samples read so far.
  std::size_t num_samples() const noexcept { return num_samples_; }

 private:
  void fill(std::size_t size);
  WindowBatch last_window();

  AudioSource& audio_;
  std::size_t window_samples_;
  std::size_t step_samples_;
  std::vector<float> buffer_;
  std::size_t consumed_ = 0;  // samples at the front of the buffer that the next window no longer needs
  std::size_t num_samples_ = 0;
  std::size_t num_windows_ = 0;
  bool at_end_ = false;
  bool finished_ = false;
};

}  // namespace diar
