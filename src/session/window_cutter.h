// A recording's samples in pieces in, batches of overlapping windows out, with only their samples in memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "diar/networks.h"

namespace diar {

/// Windows of `window_samples` every `step_samples`, from sample 0 on. One more, padded with zeros, when the
/// recording is shorter than a window or goes on after the last full one. Which windows come does not depend
/// on the pieces.
class WindowCutter {
 public:
  /// 0 < step_samples <= window_samples.
  WindowCutter(std::size_t window_samples, std::size_t step_samples);

  void push(std::span<const float> samples);
  /// No more samples come.
  void finish() { at_end_ = true; }
  /// Windows that `take` can give now.
  std::size_t num_ready() const noexcept;
  /// The next up to `max_windows` windows; num_windows 0 when none is ready. Valid until the next call of
  /// anything.
  WindowBatch take(std::size_t max_windows);
  /// Samples pushed so far.
  std::size_t num_samples() const noexcept { return num_samples_; }

 private:
  std::size_t unused() const noexcept { return buffer_.size() - consumed_; }
  bool has_padded() const noexcept;

  std::size_t window_samples_;
  std::size_t step_samples_;
  std::vector<float> buffer_;
  std::size_t consumed_ = 0;  // samples at the front of the buffer that no window needs any more
  std::size_t num_samples_ = 0;
  std::size_t num_windows_ = 0;
  bool at_end_ = false;
  bool padded_ = false;
};

}  // namespace diar
