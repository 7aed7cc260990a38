// Feature frames in, the same frames minus the mean of those around them out, half a width later.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "frontend/fbank.h"

namespace diar {

/// Frame f of N loses the mean of `width` consecutive frames that hold it: those from f - width / 2 on, moved
/// inwards at both ends of the signal, or all N when there are fewer. So the middle frame of a window of
/// `width` frames loses what `subtract_mean` on that window takes. The result does not depend on how frames
/// come in pieces. Keeps `width` frames.
class SlidingMean {
 public:
  /// `width` > 0.
  explicit SlidingMean(std::size_t width) : width_(width) {}

  /// features [T, 80], the signal's next; appends frames that are ready to `out` [frames, 80].
  void add(std::span<const float> features, std::vector<float>& out);
  /// No more features come: appends the rest.
  void finish(std::vector<float>& out);

 private:
  void emit(std::size_t begin, std::size_t end, std::vector<float>& out);
  const float* frame(std::size_t index) const { return kept_.data() + (index - first_) * kMelBins; }

  std::size_t width_;
  std::vector<float> kept_;  // [frames, 80] from `first_` on
  std::size_t first_ = 0;
  std::size_t num_frames_ = 0;  // so far
  std::size_t next_ = 0;        // frame to emit
  std::size_t begin_ = 0;       // frames [begin_, end_) are in the sums
  std::size_t end_ = 0;
  std::array<double, kMelBins> sums_{};
};

}  // namespace diar
