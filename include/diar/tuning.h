// Recordings with references in, the clustering parameters that fit them best out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/engine.h"
#include "diar/export.h"
#include "diar/metrics.h"
#include "diar/parameters.h"
#include "diar/progress.h"
#include "diar/waveform.h"

namespace diar {

/// One recording of a development set.
struct DevelopmentRecording {
  std::string name;  ///< for the cache's file names
  /// Opens the audio; called only when the networks must run.
  std::function<std::unique_ptr<AudioSource>()> open;
  /// Differs whenever the samples do (`audio_content_id` in diar/io/audio.h makes one from a file).
  std::string content_id;
  Annotation reference;
  std::optional<std::vector<Segment>> uem;  ///< scored regions, see `ScoringOptions`
};

struct TuningOptions {
  double collar_s = 0.0;
  bool skip_overlap = false;
  std::size_t num_trials = 200;  ///< parameter sets to try, the model's own included
  std::uint64_t seed = 1;        ///< equal seeds give equal results
};

/// What one parameter set gives on the whole development set.
struct TuningTrial {
  std::size_t number = 0;         ///< from 1
  PipelineParameters parameters;  ///< all set
  DiarizationErrorRate error;     ///< summed over the recordings
  bool best_so_far = false;
};

/// Called after each trial; return false to stop: `search` throws `Cancelled`.
using TrialCallback = std::function<bool(const TuningTrial&)>;

struct TuningResult {
  TuningTrial initial;  ///< with the model's own parameters
  TuningTrial best;     ///< the earliest among equals, so the model's own when nothing is better
  std::size_t num_trials = 0;
};

/// Holds a model and, for each recording, what its networks said: one byte for each window and frame, and the
/// embeddings. Move-only; not synchronised, `search` and `evaluate` use threads of their own.
class DIAR_API Tuner {
 public:
  /// `speed` is the mode that the parameters are for. Throws what `Engine::load` throws; a mode
  /// that the device has not is refused by `add`.
  static Tuner load(const std::filesystem::path& model_dir, const EngineOptions& options = {},
                    Speed speed = Speed::kExact);

  Tuner(Tuner&&) noexcept;
  Tuner& operator=(Tuner&&) noexcept;
  ~Tuner();

  /// Runs the networks on a recording, or takes their results from `cache_dir` (empty: no cache), where they
  /// are kept for the next time under a name made of the contents of networks and audio. Returns whether they
  /// came from there. A cached file that is damaged is made anew; links and files that are no cache stay, and
  /// throw `OutputError` before the networks run. Throws what `recording.open` throws, `AudioError`,
  /// `OutputError` (cache), `Cancelled`.
  bool add(const DevelopmentRecording& recording, const std::filesystem::path& cache_dir = {},
           const ProgressCallback& on_progress = {});
  std::size_t num_recordings() const noexcept;
  /// The model's own parameters for this speed, all set.
  PipelineParameters initial() const;

  /// Error summed over the recordings; what `parameters` leaves out is the model's. Throws `InvalidArgument`.
  DiarizationErrorRate evaluate(const PipelineParameters& parameters,
                                const TuningOptions& options = {}) const;
  /// Half of the trials at random over the whole ranges, then one parameter at a time around the best.
  /// Throws `InvalidArgument` without recordings or trials, or without any reference speech.
  TuningResult search(const TuningOptions& options = {}, const TrialCallback& on_trial = {}) const;

 private:
  struct Impl;
  explicit Tuner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
