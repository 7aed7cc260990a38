// Windows of samples in, the frames of their first convolution out, for both CPU paths: many windows in the
// lanes, or a few. A window's numbers depend on its own samples alone: not on its neighbours, nor on the
// path.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "networks/pyannet/cpu_weights.h"
#include "networks/pyannet/geometry.h"
#include "nn/kernels/aligned_buffer.h"

namespace diar::cpu {

// How frames are cut into blocks that stay in the cache. The sums of an instance norm are float inside a
// block and double from block to block, so both paths have to cut alike to agree to the bit.
inline constexpr std::size_t kSincBlock = 64;  // pooled frames of the first convolution
inline constexpr std::size_t kConvBlock = 24;  // frames of the others before their pooling
inline constexpr std::size_t kConvOuts =
    20;  // pooled frames of the second convolution from one block of the first
static_assert(kConvOuts * kPool + kConvTaps - 1 <= kSincBlock);

/// A window's instance norm, and what is taken away from its samples before the convolution: conv(x) would
/// lose digits to a constant much larger than the signal.
struct WindowNorm {
  Affine affine;
  float removed;
};

/// `removed` is the window's mean, rounded to a grid that is four to eight times as coarse as its standard
/// deviation. So it is 0 for all windows of an ordinary recording, which can then share a convolution.
WindowNorm window_norm(std::span<const float> window, float weight, float bias);
/// Of the windows [first, first + count) of the batch.
std::vector<WindowNorm> window_norms(const PyanNetWeights& net, const WindowBatch& batch, std::size_t first,
                                     std::size_t count);
/// How many of these consecutive windows share the first one's convolution, at least 1: those from which the
/// same constant is removed, when they overlap and lie a whole number of frames apart.
std::size_t sinc_run(std::span<const WindowNorm> norms, const WindowBatch& batch);

/// Frames of the first convolution before pooling, of windows that share it.
struct SincFrames {
  std::span<const WindowNorm> norms;  // of the windows
  const float* values;                // [80, stride]
  std::size_t stride;
  std::size_t window_step;  // frames from one window to the next
};

/// Of the windows [first, first + norms.size()), all with the same constant removed. The result lies in
/// `frames`, until it is used again, and borrows `norms`.
SincFrames sinc_frames(const PyanNetWeights& net, const WindowBatch& batch, std::size_t first,
                       std::span<const WindowNorm> norms, nn::AlignedBuffer& phases,
                       nn::AlignedBuffer& frames);

/// Absolute values and pooling of `size` <= kSincBlock frames of one window and channel, from pooled frame
/// `begin` on -> out [size + kSincSlack]; adds their sum and the sum of their squares.
void pool_sinc(const PyanNetWeights& net, const SincFrames& frames, std::size_t window, std::size_t channel,
               std::size_t begin, std::size_t size, float* out, double& sum, double& square);

}  // namespace diar::cpu
