#include "session/masks.h"

#include <cmath>

namespace diar {

std::size_t min_mask_frames(std::size_t frames_per_window, std::size_t window_samples,
                            std::size_t min_samples) {
  return static_cast<std::size_t>(
      std::ceil(static_cast<double>(frames_per_window * min_samples) / static_cast<double>(window_samples)));
}

void make_mask(const Activity& activity, std::size_t window, std::size_t local_speaker, bool exclude_overlap,
               std::size_t min_frames, std::span<float> mask) {
  const bool clean = exclude_overlap && activity.sole_frames(window, local_speaker) > min_frames;
  const auto alone = static_cast<std::uint8_t>(1u << local_speaker);
  for (std::size_t frame = 0; frame < mask.size(); ++frame) {
    const bool on =
        clean ? activity.at(window, frame) == alone : activity.active(window, frame, local_speaker);
    mask[frame] = on ? 1.0f : 0.0f;
  }
}

}  // namespace diar
