#include "frontend/sliding_mean.h"

#include <algorithm>

namespace diar {

void SlidingMean::add(std::span<const float> features, std::vector<float>& out) {
  kept_.insert(kept_.end(), features.begin(), features.end());
  num_frames_ += features.size() / kMelBins;
  while (true) {
    const std::size_t begin = next_ - std::min(next_, width_ / 2);
    if (begin + width_ > num_frames_) break;
    emit(begin, begin + width_, out);
  }
  // Frames that come next look back no further than the sums do.
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>((begin_ - first_) * kMelBins));
  first_ = begin_;
}

void SlidingMean::finish(std::vector<float>& out) {
  const std::size_t width = std::min(width_, num_frames_);
  while (next_ < num_frames_) {
    const std::size_t begin = std::min(next_ - std::min(next_, width_ / 2), num_frames_ - width);
    emit(begin, begin + width, out);
  }
}

// Each frame enters and leaves the sums once, in order: pieces of the signal cannot change a rounding.
void SlidingMean::emit(std::size_t begin, std::size_t end, std::vector<float>& out) {
  for (; end_ < end; ++end_) {
    for (std::size_t bin = 0; bin < kMelBins; ++bin) sums_[bin] += static_cast<double>(frame(end_)[bin]);
  }
  for (; begin_ < begin; ++begin_) {
    for (std::size_t bin = 0; bin < kMelBins; ++bin) sums_[bin] -= static_cast<double>(frame(begin_)[bin]);
  }
  const double scale = 1.0 / static_cast<double>(end - begin);
  const float* values = frame(next_++);
  for (std::size_t bin = 0; bin < kMelBins; ++bin)
    out.push_back(values[bin] - static_cast<float>(sums_[bin] * scale));
}

}  // namespace diar
