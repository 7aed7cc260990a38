// A model, ready to run: weights, scoring and the threads that all its sessions share.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "diar/export.h"
#include "diar/networks.h"
#include "diar/progress.h"
#include "diar/session.h"
#include "diar/waveform.h"

namespace diar {

struct VoiceCalibration;

/// Device, threads and precision of an engine.
struct EngineOptions : NetworkOptions {
  /// With the precision that a speed allows: an engine for `kFaster` alone is smaller and faster.
  DIAR_API static EngineOptions for_speed(Speed speed);
};

/// Immutable after load; cheap to copy (copies share everything); any number of sessions on any number of
/// threads. A moved-from engine throws `InvalidArgument`.
class DIAR_API Engine {
 public:
  /// Reads every file of a model directory. Throws `ModelError` if one is missing, damaged or of an unknown
  /// version, `DeviceError`.
  static Engine load(const std::filesystem::path& model_dir, const EngineOptions& options = {});
  /// From parts of your own; none may be null. `options.device` and `precision` play no part. Throws
  /// `InvalidArgument` when scoring and encoder do not fit.
  static Engine assemble(std::shared_ptr<const SegmentationNetwork> segmentation,
                         std::shared_ptr<const SpeakerEncoder> encoder,
                         std::shared_ptr<const SpeakerScoring> scoring, const EngineOptions& options = {});

  Engine(const Engine&);
  Engine(Engine&&) noexcept;
  Engine& operator=(const Engine&);
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  /// A recording to push. Throws `InvalidArgument` on options that contradict each other or this engine.
  Session open(const SessionOptions& options = {}) const;

  /// Reads the source to its end through a session. Audio memory does not grow with its length. Throws what
  /// `open`, the source and `Session::finish` throw. May be called from several threads.
  DiarizationOutput diarize(AudioSource& audio, const SessionOptions& options = {},
                            const ProgressCallback& on_progress = {}) const;
  /// `waveform`: mono, any sample rate (resampled to 16 kHz), nominally in [-1, 1]; only borrowed. Empty in,
  /// empty out. Throws `InvalidArgument` on a bad sample rate, `AudioError` on NaN or infinite samples.
  DiarizationOutput diarize(WaveformView waveform, const SessionOptions& options = {},
                            const ProgressCallback& on_progress = {}) const;

  /// The set's name from its model.json, else the directory's name.
  const std::string& model_name() const;
  /// "cpu" or "mlx", with the instruction set or the device in brackets.
  std::string device_name() const;
  const SegmentationSpec& segmentation_spec() const;
  const EncoderSpec& encoder_spec() const;
  /// What compares the voices of one recording.
  const SpeakerScoring& scoring() const;
  /// What compares voices of different recordings (diar/voices.h, diar/linking.h): the PLDA in the model's
  /// `voices/`, for which a common room or telephone is no likeness; `scoring()` without one.
  /// Made when it is first asked for; throws `ModelError` when that PLDA is singular. Thread-safe.
  const SpeakerScoring& voice_scoring() const;
  /// Tells encoders apart whose embeddings must not be compared: the network's name and a number made of its
  /// weights, whatever file they come in.
  const std::string& encoder_id() const;
  /// The model's, for scores of `voice_scoring()`.
  const VoiceCalibration& voice_calibration() const;

  /// Of this library alone.
  struct Impl;
  explicit Engine(std::shared_ptr<const Impl> impl);
  const Impl& impl() const;

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace diar
