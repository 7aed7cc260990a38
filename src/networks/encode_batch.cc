#include "networks/encode_batch.h"

#include <algorithm>

#include "diar/errors.h"

namespace diar {

void check_encode_batch(const EncodeBatch& batch, std::size_t dimension, std::size_t num_values) {
  const WindowBatch& windows = batch.windows;
  const std::size_t rows = windows.num_windows * batch.num_masks;
  if (windows.window_samples < kFrameSamples)
    throw InvalidArgument("encoder: a window is shorter than one frame of features");
  if (windows.num_windows > 0 &&
      (windows.samples.size() < windows.window_samples ||
       (windows.num_windows > 1 && windows.step_samples == 0) ||
       (windows.samples.size() - windows.window_samples) / std::max<std::size_t>(windows.step_samples, 1) <
           windows.num_windows - 1)) {
    throw InvalidArgument("encoder: the samples do not reach the last window");
  }
  if (batch.masks.size() != rows * batch.mask_frames || num_values != rows * dimension)
    throw InvalidArgument("encoder: the spans do not fit the number of windows and masks");
}

std::span<const float> masks_of(const EncodeBatch& batch, std::size_t window) {
  const std::size_t size = batch.num_masks * batch.mask_frames;
  return batch.masks.subspan(window * size, size);
}

std::vector<std::size_t> talking_windows(const EncodeBatch& batch) {
  std::vector<std::size_t> talking;
  for (std::size_t window = 0; window < batch.windows.num_windows; ++window) {
    const auto masks = masks_of(batch, window);
    if (std::any_of(masks.begin(), masks.end(), [](float weight) { return weight != 0.0f; }))
      talking.push_back(window);
  }
  return talking;
}

WindowFeatures::WindowFeatures(const FilterBank& filter_bank, const WindowBatch& windows,
                               std::size_t last_window)
    : filter_bank_(filter_bank), windows_(windows), num_frames_(num_fbank_frames(windows.window_samples)) {
  if (windows.step_samples % kFrameShiftSamples != 0) return;
  const std::size_t end = last_window * windows.step_samples + windows.window_samples;
  shared_.resize(num_fbank_frames(end) * kMelBins);
  filter_bank.compute(windows.samples.first(end), shared_);
}

void WindowFeatures::copy(std::size_t window, std::span<float> features) const {
  const std::size_t start = window * windows_.step_samples;
  if (shared_.empty()) {
    filter_bank_.compute(windows_.samples.subspan(start, windows_.window_samples), features);
  } else {
    std::copy_n(shared_.data() + start / kFrameShiftSamples * kMelBins, num_frames_ * kMelBins,
                features.data());
  }
}

}  // namespace diar
