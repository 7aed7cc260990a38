// One recording or stream: samples pushed in, who spoke when out.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "diar/diarization.h"
#include "diar/export.h"
#include "diar/parameters.h"
#include "diar/profile.h"
#include "diar/progress.h"
#include "diar/speed.h"

namespace diar {

/// What one recording may vary; the defaults are community-1's, or the model's where it says otherwise.
struct SessionOptions {
  std::optional<int> num_speakers;            ///< exactly this many
  std::optional<int> min_speakers;            ///< at least this many
  std::optional<int> max_speakers;            ///< at most this many
  std::optional<Profile> profile;             ///< how that number is met; default: the model's
  double min_duration_s = 0.0;                ///< drop shorter turns
  double min_confidence = 0.0;                ///< drop turns that are less sure, see `Turn::confidence`
  std::optional<std::size_t> window_samples;  ///< default: the model's, 160000 (10 s)
  std::optional<double> step_s;               ///< default: the model's, 1.0; overrides what the speed says
  /// Others widen the step for an encoder that shares nothing between windows.
  Speed speed = Speed::kExact;
  PipelineParameters parameters;  ///< override the model's where set
  std::string uri = "audio";      ///< name of the recording in the results
  /// Receives every stage's result, one call at a time, from a thread of the engine or the caller's; what it
  /// throws ends the session. Empty costs nothing.
  ArtefactHook on_artefact;
};

/// Where a session is.
struct SessionStatus {
  double pushed_s = 0.0;              ///< audio that was pushed
  std::size_t windows_completed = 0;  ///< through the networks
  std::size_t windows_waiting = 0;    ///< whose samples are there
  double waiting_s = 0.0;             ///< audio that no network has seen; never more than `capacity_s`
  double capacity_s = 0.0;            ///< what `push` takes before it waits
};

/// Made by `Engine::open`. `push` copies and returns; the engine's threads compute meanwhile. Sessions of one
/// engine run in parallel; one session belongs to one thread at a time (`cancel` and `poll` may come from
/// any). The result depends on samples and options alone: not on the pieces in which samples come, on threads
/// or other sessions. Move-only; a moved-from session throws `InvalidArgument`. Destroying a session stops
/// it.
class DIAR_API Session {
 public:
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// The recording's next samples, any number: 16 kHz mono, nominally in [-1, 1]. Waits while the backlog is
  /// full. Throws `AudioError` on NaN or infinity (then nothing of this piece was taken and the session goes
  /// on), `InvalidArgument` after `finish`, `Cancelled` after `cancel`, and what the networks or the hook
  /// threw.
  void push(std::span<const float> samples);
  /// The same without waiting: returns how many samples of the front were taken.
  std::size_t try_push(std::span<const float> samples);
  /// What is done and what waits. Throws what the networks or the hook threw.
  SessionStatus poll() const;
  /// No more samples come: waits for the networks, then clusters in the calling thread. `on_progress` is
  /// called from the calling thread at least ten times a second; false throws `Cancelled`. May be called
  /// once.
  DiarizationOutput finish(const ProgressCallback& on_progress = {});
  /// Stops the networks as soon as may be. Thread-safe; does not wait.
  void cancel() noexcept;

 private:
  friend class Engine;
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  Impl& impl() const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
