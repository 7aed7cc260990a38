#include "session/windows.h"

#include <algorithm>
#include <cassert>

namespace diar {

WindowReader::WindowReader(AudioSource& audio, std::size_t window_samples, std::size_t step_samples)
    : audio_(audio), window_samples_(window_samples), step_samples_(step_samples) {
  assert(step_samples > 0 && step_samples <= window_samples);
}

void WindowReader::fill(std::size_t size) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
  consumed_ = 0;
  if (at_end_ || buffer_.size() >= size) return;
  const std::size_t start = buffer_.size();
  buffer_.resize(size);
  const std::size_t got = audio_.read(std::span(buffer_).subspan(start));
  buffer_.resize(start + got);
  num_samples_ += got;
  at_end_ = buffer_.size() < size;
}

WindowBatch WindowReader::next(std::size_t max_windows) {
  if (finished_) return {.samples = {}, .num_windows = 0};
  fill((max_windows - 1) * step_samples_ + window_samples_);
  const std::size_t num_full =
      buffer_.size() < window_samples_ ? 0 : 1 + (buffer_.size() - window_samples_) / step_samples_;
  if (num_full == 0) return last_window();
  const std::size_t count = std::min(num_full, max_windows);
  consumed_ = count * step_samples_;
  num_windows_ += count;
  return {buffer_, count, window_samples_, step_samples_};
}

WindowBatch WindowReader::last_window() {
  finished_ = true;
  // Behind full windows the rest starts with samples that the last of them has covered.
  const std::size_t covered = num_windows_ == 0 ? 0 : window_samples_ - step_samples_;
  if (buffer_.size() <= covered) return {.samples = {}, .num_windows = 0};
  buffer_.resize(window_samples_, 0.0f);
  ++num_windows_;
  return {buffer_, 1, window_samples_, step_samples_};
}

}  // namespace diar
