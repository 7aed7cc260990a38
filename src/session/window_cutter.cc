#include "session/window_cutter.h"

#include <algorithm>
#include <cassert>

namespace diar {

WindowCutter::WindowCutter(std::size_t window_samples, std::size_t step_samples)
    : window_samples_(window_samples), step_samples_(step_samples) {
  assert(step_samples > 0 && step_samples <= window_samples);
}

void WindowCutter::push(std::span<const float> samples) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
  consumed_ = 0;
  buffer_.insert(buffer_.end(), samples.begin(), samples.end());
  num_samples_ += samples.size();
}

// After full windows the rest starts with samples that the last of them has covered.
bool WindowCutter::has_padded() const noexcept {
  const std::size_t covered = num_windows_ == 0 ? 0 : window_samples_ - step_samples_;
  return at_end_ && !padded_ && unused() < window_samples_ && unused() > covered;
}

std::size_t WindowCutter::num_ready() const noexcept {
  const std::size_t full = unused() < window_samples_ ? 0 : 1 + (unused() - window_samples_) / step_samples_;
  if (full == 0) return has_padded() ? 1 : 0;
  const std::size_t rest = unused() - full * step_samples_;
  return full + (at_end_ && rest > window_samples_ - step_samples_ ? 1 : 0);
}

WindowBatch WindowCutter::take(std::size_t max_windows) {
  if (max_windows == 0) return {.samples = {}, .num_windows = 0};
  if (unused() < window_samples_) {
    if (!has_padded()) return {.samples = {}, .num_windows = 0};
    padded_ = true;
    ++num_windows_;
    push({});
    buffer_.resize(window_samples_, 0.0f);
    consumed_ = buffer_.size();
    return {buffer_, 1, window_samples_, step_samples_};
  }
  const std::size_t full = 1 + (unused() - window_samples_) / step_samples_;
  const std::size_t count = std::min(full, max_windows);
  const auto samples =
      std::span<const float>(buffer_).subspan(consumed_, (count - 1) * step_samples_ + window_samples_);
  consumed_ += count * step_samples_;
  num_windows_ += count;
  return {samples, count, window_samples_, step_samples_};
}

}  // namespace diar
