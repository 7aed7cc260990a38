// Feature maps with their channels innermost and a border of zeros, as the convolutions read them.
#pragma once

#include <algorithm>
#include <cstddef>

#include "nn/kernels/aligned_buffer.h"

namespace diar::nn {

/// Values [rows, columns, channels] inside a frame of zeros: one row and column before, five after, so that
/// a 3x3 tap or a 6x6 Winograd tile that starts at any pixel reads no foreign memory.
class Image {
 public:
  static constexpr std::size_t kBefore = 1;
  static constexpr std::size_t kBehind = 5;

  /// Keeps its memory; only the border is cleared, the inside has to be written.
  void reshape(std::size_t rows, std::size_t columns, std::size_t channels) {
    rows_ = rows;
    columns_ = columns;
    channels_ = channels;
    float* all = values_.reserve((rows + kBefore + kBehind) * row_stride());
    std::fill_n(all, row_stride(), 0.0f);
    std::fill_n(all + (rows + kBefore) * row_stride(), kBehind * row_stride(), 0.0f);
    for (std::size_t r = 0; r < rows; ++r) {
      float* row = all + (r + kBefore) * row_stride();
      std::fill_n(row, kBefore * channels, 0.0f);
      std::fill_n(row + (kBefore + columns) * channels, kBehind * channels, 0.0f);
    }
  }

  /// Floats that it has memory for.
  std::size_t capacity() const noexcept { return values_.size(); }
  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  std::size_t channels() const noexcept { return channels_; }
  /// Floats from one row to the next.
  std::size_t row_stride() const noexcept { return (columns_ + kBefore + kBehind) * channels_; }

  /// The pixel at (row, column); -1 is the border before.
  const float* at(long row, long column) const noexcept { return values_.data() + offset(row, column); }
  float* at(long row, long column) noexcept { return values_.data() + offset(row, column); }

 private:
  std::size_t offset(long row, long column) const noexcept {
    return static_cast<std::size_t>(row + static_cast<long>(kBefore)) * row_stride() +
           static_cast<std::size_t>(column + static_cast<long>(kBefore)) * channels_;
  }

  AlignedBuffer values_;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t channels_ = 0;
};

}  // namespace diar::nn
