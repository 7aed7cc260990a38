// Who spoke when: from a waveform to annotations.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"
#include "diar/models.h"
#include "diar/parameters.h"
#include "diar/progress.h"
#include "diar/waveform.h"

namespace diar {

/// How much a run computes. Every mode but the first changes numbers; docs/performance.md, "Modes", has what
/// each saves in time and costs in errors.
enum class Speed {
  kExact,   ///< every window as pyannote.audio computes it
  kFast,    ///< windows share the embedding network's trunk; the segmentation is that of kExact
  kFaster,  ///< moreover three times the step, and VBx's fb divided by the step over the model's
};
/// "exact", "fast" or "faster".
DIAR_API std::string_view to_string(Speed speed) noexcept;
/// Throws `InvalidArgument` that lists the names.
DIAR_API Speed parse_speed(std::string_view name);

/// What one run may vary; the defaults are community-1's, or the model directory's where it says otherwise.
struct DiarizationOptions {
  std::optional<int> num_speakers;            ///< exactly this many
  std::optional<int> min_speakers;            ///< at least this many
  std::optional<int> max_speakers;            ///< at most this many
  double min_duration_s = 0.0;                ///< drop shorter turns
  std::optional<std::size_t> window_samples;  ///< default 160000 (10 s)
  std::optional<double> step_s;               ///< default 1.0; goes before what the speed says
  /// Others need the CPU backend (else `InvalidArgument`). A pipeline for kFaster is best loaded with
  /// `TrunkPrecision::kMixed`.
  Speed speed = Speed::kExact;
  PipelineParameters parameters;  ///< replace the model's where set
  std::string uri = "audio";      ///< name of the recording in the results
  ArtefactHook on_artefact;       ///< receives every stage's result; empty costs nothing
};

/// One speaker's centroid in the embedding space.
struct SpeakerEmbedding {
  std::string speaker;
  std::vector<float> values;  ///< [256]; zeros for a speaker without any embedding
};

/// Seconds of wall clock spent in each stage.
struct StageTimings {
  double audio_s = 0.0;
  double segmentation_s = 0.0;
  double features_s = 0.0;
  double embedding_s = 0.0;
  double clustering_s = 0.0;
  double reconstruction_s = 0.0;
  double total_s = 0.0;
};

struct DiarizationOutput {
  Annotation diarization;                            ///< speakers may overlap
  Annotation exclusive_diarization;                  ///< at most one speaker at a time
  std::vector<SpeakerEmbedding> speaker_embeddings;  ///< in label order
  double duration_s = 0.0;                           ///< of the audio that was read
  std::size_t num_windows = 0;
  StageTimings timings;
};

/// Owns its weights. Move-only. `run` is const and may be called from several threads; each call owns its
/// scratch memory.
class DIAR_API DiarizationPipeline {
 public:
  /// Reads every model file in `model_dir`. Throws `ModelError` if one is missing, truncated or of an unknown
  /// version.
  static DiarizationPipeline load(const std::filesystem::path& model_dir, const DeviceOptions& options = {});

  DiarizationPipeline(DiarizationPipeline&&) noexcept;
  DiarizationPipeline& operator=(DiarizationPipeline&&) noexcept;
  ~DiarizationPipeline();

  /// `waveform`: mono, any sample rate (resampled to 16 kHz), nominally in [-1, 1]; only borrowed. Empty in,
  /// empty out. Throws `InvalidArgument` on a bad sample rate or contradicting speaker bounds, `AudioError`
  /// on NaN or infinite samples, `Cancelled` when `on_progress` returns false.
  DiarizationOutput run(WaveformView waveform, const DiarizationOptions& options = {},
                        const ProgressCallback& on_progress = {}) const;
  /// Streams: memory for audio does not grow with its length.
  DiarizationOutput run(AudioSource& audio, const DiarizationOptions& options = {},
                        const ProgressCallback& on_progress = {}) const;

  /// The set's name from its model.json, else the directory's name.
  const std::string& model_name() const noexcept;
  /// "cpu" or "mlx", with the instruction set or the device in brackets.
  std::string device_name() const;

 private:
  struct Impl;
  explicit DiarizationPipeline(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
