// What encoders of windows have in common: the check of their arguments, and filter banks that windows share.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "diar/networks.h"
#include "frontend/fbank.h"

namespace diar {

/// Throws `InvalidArgument` when spans and sizes do not fit the batch and `num_values` outputs.
void check_encode_batch(const EncodeBatch& batch, std::size_t dimension, std::size_t num_values);

/// Masks [num_masks, mask_frames] of one window.
std::span<const float> masks_of(const EncodeBatch& batch, std::size_t window);
/// Windows with any mask that is not zero, ascending.
std::vector<std::size_t> talking_windows(const EncodeBatch& batch);

/// Filter banks of the windows of a batch, without their mean. Frames lie on a grid of 160 samples: where
/// steps are whole hundredths of a second, windows share them and they are computed once.
class WindowFeatures {
 public:
  /// Borrows both; windows after `last_window` are not asked for.
  WindowFeatures(const FilterBank& filter_bank, const WindowBatch& windows, std::size_t last_window);

  std::size_t num_frames() const noexcept { return num_frames_; }
  /// features [num_frames(), 80]. Const and thread-safe.
  void copy(std::size_t window, std::span<float> features) const;

 private:
  const FilterBank& filter_bank_;
  const WindowBatch& windows_;
  std::size_t num_frames_;
  std::vector<float> shared_;
};

}  // namespace diar
