// A stream of samples in, its loudness over time as a few thousand bytes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "diar/io/audio.h"

namespace diar {

/// Root mean square of blocks; whenever there are too many, neighbours are joined, so that memory stays the
/// same for any length. Not thread-safe.
class LevelMeter {
 public:
  /// `samples`: mono at 16 kHz; values that are not finite count as silence.
  void write(std::span<const float> samples);
  /// One byte for each block, at most `kMaxLevels` (fewer for short recordings): 0 is `kFloor_db` or less,
  /// 255 the loudest block.
  std::vector<std::uint8_t> finish();
  /// Of one level; grows with the recording.
  double step_s() const noexcept {
    return static_cast<double>(block_samples_) / static_cast<double>(kModelSampleRateHz);
  }
  double duration_s() const noexcept {
    return static_cast<double>(num_samples_) / static_cast<double>(kModelSampleRateHz);
  }

  static constexpr std::size_t kMaxLevels = 4096;
  /// Below the loudest block.
  static constexpr double kFloor_db = -48.0;

 private:
  void close_block();

  std::vector<double> energies_;     // mean square of each whole block
  std::size_t block_samples_ = 320;  // 20 ms to start with
  double sum_ = 0.0;                 // of squares in the open block
  std::size_t filled_ = 0;           // samples in the open block
  std::size_t num_samples_ = 0;
};

}  // namespace diar
