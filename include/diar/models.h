// The two networks as interfaces: dense float spans in, dense float spans out; also the seam of every
// backend.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "diar/export.h"

namespace diar {

/// Where the networks run.
enum class Device {
  kAuto,  ///< the fastest that this build and machine have
  kCpu,   ///< this project's own kernels
  kMlx,   ///< MLX: Metal on a Mac, CUDA or CPU elsewhere
};

/// Type of the embedding network's convolutions. Its pooling and last layer are float32 always.
enum class TrunkPrecision {
  kFloat32,
  kFloat16,   ///< MLX only; docs/mlx.md has the error
  kBFloat16,  ///< MLX only; docs/mlx.md has the error
  /// What `Speed::kFaster` allows, and such a pipeline runs at no other speed: on the CPU backend products of
  /// bfloat16 with float32 sums where the processor has them (AVX512-BF16); float32 elsewhere.
  kMixed,
};

struct DeviceOptions {
  Device device = Device::kAuto;
  /// Worker threads of the CPU backend; 0 means one for each core that the process may use.
  int num_threads = 0;
  /// The CPU backend refuses kFloat16 and kBFloat16 (`InvalidArgument`).
  TrunkPrecision trunk_precision = TrunkPrecision::kFloat32;
};

/// Windows of equal length cut from one signal at equal steps; they may overlap.
/// Window w holds samples[w * step_samples, w * step_samples + window_samples).
struct WindowBatch {
  std::span<const float> samples;  ///< at least (num_windows - 1) * step_samples + window_samples values
  std::size_t num_windows = 1;
  std::size_t window_samples = 160000;
  std::size_t step_samples = 160000;
};

/// Number of powerset classes of three speakers, at most two at once: {} 0 1 2 01 02 12.
inline constexpr std::size_t kNumPowersetClasses = 7;
/// Speakers that one window can tell apart.
inline constexpr std::size_t kNumLocalSpeakers = 3;

/// Speaker activity of a window. `run` is const and may be called from several threads.
class DIAR_API SegmentationModel {
 public:
  virtual ~SegmentationModel() = default;
  /// Frames of a window of `window_samples` at 16 kHz (589 for 160000); 0 when it is too short.
  virtual std::size_t num_frames(std::size_t window_samples) const = 0;
  /// How many windows `run` likes best in one call.
  virtual std::size_t preferred_batch() const = 0;
  /// log_probs [num_windows, num_frames, 7]: natural logarithms, each frame's exponentials sum to 1.
  /// Throws `InvalidArgument` when spans and sizes do not fit.
  virtual void run(const WindowBatch& windows, std::span<float> log_probs) const = 0;
};

/// Features and masks of several windows.
struct EmbeddingBatch {
  std::span<const float>
      features;  ///< [num_windows, num_frames, 80] log-mel filter banks minus the window's mean
  std::span<const float> masks;  ///< [num_windows, num_masks, mask_frames] weights in [0, 1]
  std::size_t num_windows = 1;
  std::size_t num_frames = 998;
  std::size_t num_masks = kNumLocalSpeakers;
  std::size_t mask_frames = 589;
};

/// What the trunk (everything before the pooling) makes of a stretch of features.
struct TrunkShape {
  std::size_t stride = 0;    ///< feature frames for each trunk frame (8); 0: the model has no `run_trunk`
  std::size_t channels = 0;  ///< values of a trunk frame
};

/// One stretch of a signal, of any length T.
struct TrunkStretch {
  std::span<const float> features;  ///< [T, 80] log-mel filter banks minus a mean; silence around them counts
                                    ///< as zeros
  std::span<float> frames;  ///< [ceil(T / stride), channels] out; frame i is centred at features i * stride
};

/// One window of any length to pool.
struct PooledWindow {
  std::span<const float> frames;   ///< [T, channels] of `run_trunk`
  std::span<const float> weights;  ///< [num_masks, T] in [0, 1]
  std::span<float> embeddings;     ///< [num_masks, dimension] out
};

/// Speaker embeddings of a window: one pass of the trunk, one pooling for each mask. Thread rules as above.
class DIAR_API EmbeddingModel {
 public:
  virtual ~EmbeddingModel() = default;
  /// Length of an embedding (256).
  virtual std::size_t dimension() const = 0;
  /// How many windows `run` likes best in one call.
  virtual std::size_t preferred_batch() const = 0;
  /// embeddings [num_windows, num_masks, dimension]; an empty mask gives the bias of the last layer.
  virtual void run(const EmbeddingBatch& batch, std::span<float> embeddings) const = 0;

  /// Both halves of `run` apart, so that windows which overlap can share the first. A model need not offer
  /// them: then the shape is all zero and the calls throw `InvalidArgument`. What they give for one stretch
  /// or window does not depend on the others in the call.
  virtual TrunkShape trunk_shape() const { return {}; }
  virtual void run_trunk(std::span<const TrunkStretch> stretches) const;
  /// An empty mask gives the bias of the last layer. Equals `run` within float rounding when the frames and
  /// weights are those of one window.
  virtual void pool(std::span<const PooledWindow> windows) const;
};

/// Reads the segmentation network of a model directory (or of one weight file). Throws `ModelError`,
/// `DeviceError`.
DIAR_API std::unique_ptr<SegmentationModel> load_segmentation_model(const std::filesystem::path& path,
                                                                    const DeviceOptions& options = {});
/// Reads the embedding network of a model directory (or of one weight file). Throws `ModelError`,
/// `DeviceError`.
DIAR_API std::unique_ptr<EmbeddingModel> load_embedding_model(const std::filesystem::path& path,
                                                              const DeviceOptions& options = {});

}  // namespace diar
