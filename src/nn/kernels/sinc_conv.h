// The first convolution of the segmentation network, once for all windows that share samples, and the step
// from its frames to the windows side by side in the lanes.
//
// A window is normalised, x -> a x + b, before the filters f see it, and conv(a x + b) = a conv(x) + b
// sum(f): so the filters run over the raw signal once, although ten windows contain each sample. Cosine
// filters are symmetric and sine filters antisymmetric, so that a pair of samples needs one product, not two.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "nn/kernels/aligned_buffer.h"
#include "nn/kernels/sinc_filters.h"

namespace diar::nn {

inline constexpr std::size_t kSincStride = 10;
/// Floats that may be read and written past the last frame of a row.
inline constexpr std::size_t kSincSlack = 64;

/// The filters in the order of the kernel.
class SincBank {
 public:
  SincBank() = default;
  /// `filters` [80, 251] as `make_sinc_filters` returns them: 40 symmetric, then 40 antisymmetric.
  explicit SincBank(std::span<const float> filters);

  const float* packed() const noexcept { return packed_.data(); }
  /// Coefficient 125 of a symmetric filter.
  float centre(std::size_t filter) const noexcept { return centres_[filter]; }
  /// Sum of the coefficients, what the filter makes of a constant 1.
  float sum(std::size_t filter) const noexcept { return sums_[filter]; }

  /// Symmetric and antisymmetric filters of one micro-kernel.
  static constexpr std::size_t kBlock = 5;

 private:
  AlignedBuffer packed_;  // [8 blocks, 125 pairs of taps, 5 symmetric then 5 antisymmetric]
  std::array<float, kSincFilters / 2> centres_ = {};
  std::array<float, kSincFilters> sums_ = {};
};

/// Floats from one phase to the next for so many samples.
std::size_t phase_stride(std::size_t num_samples);
/// phases[p, i] = samples[10 i + p] - offset, zeros past the end: [10, phase_stride(samples.size())].
void split_phases(std::span<const float> samples, float offset, float* phases);

/// out[f, t] = sum_k filters[f, k] x[10 t + k] for t in [0, num_frames), x given in phases. Rows of `out` are
/// `out_stride` floats apart, a multiple of 16 and at least num_frames + kSincSlack.
void sinc_conv(const SincBank& bank, const float* phases, std::size_t stride, std::size_t num_frames,
               float* out, std::size_t out_stride);
void sinc_conv_reference(std::span<const float> filters, std::span<const float> samples,
                         std::size_t num_frames, float* out, std::size_t out_stride);

/// Frames y [3 count] and the map y -> a y + b before their pooling.
struct AffineFrames {
  const float* y;
  std::size_t count;  ///< pooled frames
  float a;
  float b;
};
/// Sum of values and of their squares.
struct PoolSums {
  double& sum;
  double& square;
};
/// out[p] = max_{i < 3} |a y[3 p + i] + b| for p in [0, count); adds their sum and the sum of their squares,
/// which are float inside a call. Reads up to kSincSlack floats past y[3 count], writes as many past
/// out[count].
void affine_max_pool3(const AffineFrames& frames, float* out, const PoolSums& sums);
void affine_max_pool3_reference(const AffineFrames& frames, float* out, const PoolSums& sums);

/// Rows that each hold one window, or one channel of a window: value p of row r at values[r * step + p].
struct LaneRows {
  const float* values;
  std::size_t step;
  std::size_t num_rows;
  std::size_t size;  ///< of a row
};
/// out[p * out_step + r] = rows[r, p]: what was a row becomes a lane. Any sizes; nothing else is written.
void to_lanes(const LaneRows& rows, float* out, std::size_t out_step);
void to_lanes_reference(const LaneRows& rows, float* out, std::size_t out_step);

}  // namespace diar::nn
