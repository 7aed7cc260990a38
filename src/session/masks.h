// Activity of a window in, the frames to listen to for each speaker's embedding out.
#pragma once

#include <span>

#include "assign/activity.h"

namespace diar {

/// The fewest frames that give an embedding: ceil(frames * min_samples / window), `min_samples` being one
/// frame of the encoder's features.
std::size_t min_mask_frames(std::size_t frames_per_window, std::size_t window_samples,
                            std::size_t min_samples);

/// mask [frames_per_window]: 1 where the speaker talks alone, when those are more than `min_frames`; else 1
/// wherever the speaker talks. Without `exclude_overlap` always the latter.
void make_mask(const Activity& activity, std::size_t window, std::size_t local_speaker, bool exclude_overlap,
               std::size_t min_frames, std::span<float> mask);

}  // namespace diar
