// The speaker encoder's ResNet34 on features: what a backend implements. Log-mel filter banks and masks in,
// embeddings out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/executor.h"
#include "core/tensor.h"
#include "diar/networks.h"

namespace diar {

/// Features and masks of several windows.
struct FeatureBatch {
  /// [num_windows, num_frames, 80] log-mel filter banks minus the window's mean
  std::span<const float> features;
  std::span<const float> masks;  ///< [num_windows, num_masks, mask_frames] weights in [0, 1]
  std::size_t num_windows = 1;
  std::size_t num_frames = 998;
  std::size_t num_masks = 3;
  std::size_t mask_frames = 589;
};

/// What the trunk (everything before the pooling) makes of a segment of features.
struct TrunkShape {
  std::size_t stride = 0;    ///< feature frames for each trunk frame (8); 0: the network has no `run_trunk`
  std::size_t channels = 0;  ///< values of a trunk frame
};

/// One segment of a signal, of any length T.
struct TrunkSegment {
  /// [T, 80] log-mel filter banks minus a mean; silence around them counts as zeros
  std::span<const float> features;
  std::span<float> frames;  ///< [ceil(T / stride), channels] out; frame i is centred at features i * stride
};

/// One window of any length to pool.
struct PooledWindow {
  std::span<const float> frames;   ///< [T, channels] of `run_trunk`
  std::span<const float> weights;  ///< [num_masks, T] in [0, 1]
  std::span<float> embeddings;     ///< [num_masks, dimension] out
};

/// One pass of the trunk for each window, one pooling for each mask. `run` is const and may be called from
/// several threads.
class ResNet34 {
 public:
  virtual ~ResNet34() = default;
  /// Length of an embedding (256).
  virtual std::size_t dimension() const = 0;
  /// How many windows `run` likes best in one call.
  virtual std::size_t preferred_batch() const = 0;
  /// embeddings [num_windows, num_masks, dimension]; an empty mask gives the bias of the last layer.
  virtual void run(const FeatureBatch& batch, std::span<float> embeddings) const = 0;

  /// Both halves of `run` apart, so that windows which overlap can share the first. A backend need not offer
  /// them: then the shape is all zero and the calls throw `InvalidArgument`. What they give for one segment
  /// or window does not depend on the others in the call.
  virtual TrunkShape trunk_shape() const { return {}; }
  virtual void run_trunk(std::span<const TrunkSegment> segments) const;
  /// An empty mask gives the bias of the last layer. Equals `run` within float rounding when the frames and
  /// weights are those of one window.
  virtual void pool(std::span<const PooledWindow> windows) const;
};

namespace cpu {
/// `mixed`: products of bfloat16 in the trunk where `has_bf16_products`. Throws `ModelError`.
std::unique_ptr<ResNet34> make_resnet34(const Weights& weights, std::shared_ptr<const Executor> executor,
                                        bool mixed = false);
}  // namespace cpu

namespace mlx_backend {
std::unique_ptr<ResNet34> make_resnet34(const Weights& weights, Precision precision);
}  // namespace mlx_backend

}  // namespace diar
