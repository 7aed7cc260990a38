// The embeddings of all active (window, local speaker) pairs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace diar {

/// Only active pairs take memory.
struct Embeddings {
  std::size_t dimension = 0;
  std::size_t num_speakers = 3;      ///< local speakers of a window
  std::vector<std::int32_t> row_of;  ///< [windows, num_speakers]: row in `values`, -1 for inactive pairs
  std::vector<float> values;         ///< [rows, dimension]

  std::size_t num_rows() const { return dimension == 0 ? 0 : values.size() / dimension; }
  std::int32_t row(std::size_t window, std::size_t local_speaker) const {
    return row_of[window * num_speakers + local_speaker];
  }
  std::span<const float> at(std::int32_t row) const {
    return std::span(values).subspan(static_cast<std::size_t>(row) * dimension, dimension);
  }
};

}  // namespace diar
