// The networks and the scoring of the pipeline as interfaces: implement them to bring your own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diar/export.h"

namespace diar {

/// Where the networks run.
enum class Device {
  kAuto,  ///< the fastest that this build and machine have
  kCpu,   ///< this project's own kernels
  kMlx,   ///< MLX: Metal on a Mac, CUDA or CPU elsewhere
};

/// Type of the speaker encoder's convolutions. Its pooling and last layer are float32 always.
enum class Precision {
  kFloat32,
  kFloat16,   ///< MLX only; docs/mlx.md has the error
  kBFloat16,  ///< MLX only; docs/mlx.md has the error
  /// What `Speed::kFaster` allows, and such an engine runs at no other speed: on the CPU products of bfloat16
  /// with float32 sums where the processor is faster with them (AMD's with AVX512-BF16); float32 elsewhere.
  kMixed,
};

/// Windows of equal length cut from one signal at equal steps; they may overlap.
/// Window w holds samples[w * step_samples, w * step_samples + window_samples) at 16 kHz, nominally in [-1,
/// 1].
struct WindowBatch {
  std::span<const float> samples;  ///< at least (num_windows - 1) * step_samples + window_samples values
  std::size_t num_windows = 1;
  std::size_t window_samples = 160000;
  std::size_t step_samples = 160000;
};

/// Local speakers that a network may tell apart in one window, at most.
inline constexpr std::size_t kMaxLocalSpeakers = 8;

/// What the outputs of a segmentation network mean.
struct SegmentationSpec {
  /// Bit s of classes[c]: local speaker s talks in class c. The first class is nobody.
  std::vector<std::uint8_t> classes;
  std::size_t num_speakers = 0;   ///< local speakers, at most `kMaxLocalSpeakers`
  double frame_duration_s = 0.0;  ///< receptive field of an output frame; the first starts with the window
  double frame_step_s = 0.0;      ///< from one output frame to the next
};

/// Who talks when within a window. What `run` gives for a window must depend on its samples alone: never on
/// its neighbours in the batch or on threads. `run` is called from several threads at once.
class DIAR_API SegmentationNetwork {
 public:
  virtual ~SegmentationNetwork() = default;
  virtual const SegmentationSpec& spec() const = 0;
  /// Frames of a window of `window_samples`; 0 when it is too short.
  virtual std::size_t num_frames(std::size_t window_samples) const = 0;
  /// How many windows `run` likes best in one call.
  virtual std::size_t preferred_batch() const { return 1; }
  /// log_probs [num_windows, num_frames, classes]: natural logarithms, each frame's exponentials sum to 1.
  /// Throws `InvalidArgument` when spans and sizes do not fit.
  virtual void run(const WindowBatch& windows, std::span<float> log_probs) const = 0;
};

/// What an encoder's embeddings are.
struct EncoderSpec {
  std::string name;               ///< of the network, such as "ResNet34"
  std::size_t dimension = 0;      ///< values of an embedding
  std::size_t min_samples = 400;  ///< the least speech that gives an embedding: one frame of features
  bool shares_windows = false;    ///< `open_stream` works; else the faster speeds only widen the step
};

/// Windows with the frames to listen to, for several speakers each.
struct EncodeBatch {
  WindowBatch windows;
  std::span<const float> masks;  ///< [num_windows, num_masks, mask_frames] weights in [0, 1]
  std::size_t num_masks = 1;
  std::size_t mask_frames = 1;
  /// May be empty. Encoders call it now and then with the number of windows that are through; false means:
  /// stop and throw `Cancelled`.
  std::function<bool(std::size_t windows_done)> on_progress;
};

/// How the windows of one recording lie, for encoders that share work between them.
struct StreamPlan {
  std::size_t window_samples = 160000;
  std::size_t step_samples = 16000;
  std::size_t num_masks = 3;
  std::size_t mask_frames = 589;
};

/// One recording's windows, in order. Not thread-safe. Results depend on samples and masks alone, not on how
/// they come in pieces.
class DIAR_API EncoderStream {
 public:
  /// embeddings [num_masks, dimension]; called in the order of the windows, for those with any mask that is
  /// not zero.
  using Sink = std::function<void(std::size_t window, std::span<const float> embeddings)>;

  virtual ~EncoderStream() = default;
  /// The recording's next samples.
  virtual void add_samples(std::span<const float> samples) = 0;
  /// The next window's masks [num_masks, mask_frames].
  virtual void add_window(std::span<const float> masks) = 0;
  /// No more samples and windows come.
  virtual void finish() = 0;
  /// Gives the sink all windows that are ready; it may wait for more to do at once, but for none after
  /// `finish`.
  virtual void run(const Sink& sink) = 0;
  /// Windows that are through, with speakers or without.
  virtual std::size_t num_done() const = 0;
};

/// Speaker embeddings of windows; owns its features. Rules as for `SegmentationNetwork`.
class DIAR_API SpeakerEncoder {
 public:
  virtual ~SpeakerEncoder() = default;
  virtual const EncoderSpec& spec() const = 0;
  /// embeddings [num_windows, num_masks, dimension]; where a mask is all zero any finite values. Throws
  /// `InvalidArgument` when spans and sizes do not fit, `Cancelled`.
  virtual void run(const EncodeBatch& batch, std::span<float> embeddings) const = 0;
  /// Embeddings near to those of `run` at a fraction of the work, from what overlapping windows share. Null
  /// unless `spec().shares_windows`. The stream borrows the encoder.
  virtual std::unique_ptr<EncoderStream> open_stream(const StreamPlan& plan) const;
};

/// How alike embeddings are: PLDA, cosine. Immutable, thread-safe.
class DIAR_API SpeakerScoring {
 public:
  virtual ~SpeakerScoring() = default;
  /// Of the embeddings, or 0 when any will do.
  virtual std::size_t dimension() const = 0;
  /// Between-speaker variances phi [L] of a space in which each dimension is independent and varies by 1
  /// within a speaker, descending: where VBx works. Empty: there is no such space, and the first clustering
  /// stands alone.
  virtual std::span<const double> variances() const = 0;
  /// embeddings [n, dimension] -> features [n, L] of that space.
  virtual void transform(std::span<const float> embeddings, std::span<double> features) const = 0;
  /// How much more likely two embeddings are of one speaker than of two; larger is more alike.
  virtual double score(std::span<const float> a, std::span<const float> b) const = 0;
};

/// What networks are built with.
struct NetworkOptions {
  Device device = Device::kAuto;
  /// Worker threads of the CPU's networks; 0 means one for each core that the process may use.
  int num_threads = 0;
  /// The CPU refuses kFloat16 and kBFloat16 (`InvalidArgument`).
  Precision precision = Precision::kFloat32;
};

/// Reads the segmentation network of a model directory (or of one weight file). Throws `ModelError`,
/// `DeviceError`.
DIAR_API std::shared_ptr<const SegmentationNetwork> load_segmentation_network(
    const std::filesystem::path& path, const NetworkOptions& options = {});
/// Reads the speaker encoder of a model directory (or of one weight file). Throws `ModelError`,
/// `DeviceError`.
DIAR_API std::shared_ptr<const SpeakerEncoder> load_speaker_encoder(const std::filesystem::path& path,
                                                                    const NetworkOptions& options = {});
/// Reads the PLDA of a model directory (plda/xvec_transform.npz and plda/plda.npz). Throws `ModelError`.
DIAR_API std::shared_ptr<const SpeakerScoring> load_plda_scoring(const std::filesystem::path& model_dir);
/// The cosine of two embeddings, for encoders without a PLDA. Clusters come from the linkage alone.
DIAR_API std::shared_ptr<const SpeakerScoring> cosine_scoring();

}  // namespace diar
