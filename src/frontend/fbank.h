// Samples in, Kaldi log-mel filter banks out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace diar {

inline constexpr std::size_t kMelBins = 80;
/// 25 ms frames every 10 ms at 16 kHz.
inline constexpr std::size_t kFrameSamples = 400;
inline constexpr std::size_t kFrameShiftSamples = 160;

/// Frames that fit: 1 + (num_samples - 400) / 160, or 0 (Kaldi's "snip edges").
constexpr std::size_t num_fbank_frames(std::size_t num_samples) noexcept {
  return num_samples < kFrameSamples ? 0 : 1 + (num_samples - kFrameSamples) / kFrameShiftSamples;
}

enum class FbankWindow {
  kHamming,  ///< what WeSpeaker's networks were trained with
  kPovey,    ///< Kaldi's own, Hann's to the power of 0.85: 3D-Speaker's
};

struct FbankOptions {
  FbankWindow window = FbankWindow::kHamming;
  /// Of samples in [-1, 1]. It shifts all values by a constant, but for energies below the floor of 2^-23.
  float sample_scale = 32768.0f;
};

/// Each frame depends on its own 400 samples only, so overlapping windows can share frames.
/// Oracle: torchaudio.compliance.kaldi.fbank with 80 bins, this window, no dither, no energy, on samples
/// times `sample_scale`. `compute` is const and keeps its scratch memory to itself: one object serves several
/// threads.
class FilterBank {
 public:
  explicit FilterBank(const FbankOptions& options = {});
  ~FilterBank();
  FilterBank(const FilterBank&) = delete;
  FilterBank& operator=(const FilterBank&) = delete;

  /// samples in [-1, 1]; features [num_fbank_frames(samples.size()), 80], natural logarithms. No aliasing.
  void compute(std::span<const float> samples, std::span<float> features) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Subtracts from each of the 80 bins its mean over all frames: features [T, 80], in place.
void subtract_mean(std::span<float> features);

}  // namespace diar
