// A stream that still goes on: samples pushed in, who speaks now out, and at its end the result of a whole
// run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "diar/annotation.h"
#include "diar/diarization.h"
#include "diar/engine.h"
#include "diar/export.h"
#include "diar/progress.h"
#include "diar/session.h"
#include "diar/waveform.h"

namespace diar {

/// What a live session may vary.
struct LiveOptions {
  /// As for a recording. Numbers of speakers hold for the labels shown, too: never more than the maximum;
  /// a minimum is asked of the labels once there is enough speech to find so many.
  SessionOptions session;
  /// Of the samples that are pushed; 1 kHz to 768 kHz, resampled to 16 kHz.
  int sample_rate_hz = kModelSampleRateHz;
  /// A word is labelled at most so long after it was pushed, where the networks keep up. 0.25 to 5; less
  /// takes more work, and labels that had less time are worse.
  double latency_s = 1.0;
  /// For streams without an end: what is older than half an hour to an hour is summarised (a centroid for
  /// each speaker), so that memory stays bounded and labels persist. The final result is then what was shown,
  /// and not that of a whole run.
  bool bounded_memory = false;
};

/// How sure a turn is.
enum class TurnState {
  kTentative,  ///< the next windows may change its bounds and its speaker
  kStable,  ///< the networks are through with it; only what is learnt later about the speakers may change it
  kFinal,   ///< of the final result
};
DIAR_API const char* to_string(TurnState state) noexcept;

/// A turn as it is known now.
struct LiveTurn {
  std::uint64_t id = 0;  ///< stays; ascending in the order in which turns were first shown
  Segment segment;
  std::string speaker;  ///< a live label: it means one person as long as the stream goes on
  TurnState state = TurnState::kTentative;
  std::optional<float> confidence = {};  ///< of final turns, as `Turn::confidence`; before the end unknown

  friend bool operator==(const LiveTurn&, const LiveTurn&) = default;
};

/// Somebody begins to speak now, and stops.
struct SpeakerStart {
  double time_s = 0.0;
  std::string speaker;
};
struct SpeakerEnd {
  double time_s = 0.0;
  std::string speaker;
};
/// A turn that is new, or has other bounds or another state than it had.
struct TurnShown {
  LiveTurn turn;
};
/// A turn that was shown as another speaker's.
struct TurnRevised {
  LiveTurn turn;
  std::string old_speaker;
};
/// What was shown as a turn is none.
struct TurnRemoved {
  std::uint64_t id = 0;
};
/// Two labels turned out to be one person. `from` gets no more turns, unless more speech tells the two apart.
struct SpeakersMerged {
  std::string from;
  std::string into;
};
/// How far the session is.
struct LiveProgress {
  double pushed_s = 0.0;         ///< audio that was pushed
  double shown_s = 0.0;          ///< up to which labels are shown
  std::size_t num_windows = 0;   ///< through the networks, of the grid of a whole run
  std::size_t num_speakers = 0;  ///< live labels in use
  /// Windows for low latency that were left out because the networks did not keep up.
  std::size_t num_dropped = 0;
  std::size_t num_clusterings = 0;  ///< of all that was heard so far
  double clustering_s = 0.0;        ///< time that they took
};
/// The last event. The turns of the events before it, renamed by `offline_labels`, are the final result.
struct LiveFinal {
  bool equals_offline = false;                        ///< the result is that of a whole run, byte for byte
  std::map<std::string, std::string> offline_labels;  ///< live label -> label of the result
  double duration_s = 0.0;
};

/// In the order in which a consumer should take them.
using LiveEvent = std::variant<SpeakerStart, SpeakerEnd, TurnShown, TurnRevised, TurnRemoved, SpeakersMerged,
                               LiveProgress, LiveFinal>;

/// The turns that a stream of events leaves. A value type; not synchronised.
class DIAR_API LiveTurns {
 public:
  void apply(const LiveEvent& event);
  /// By id.
  const std::map<std::uint64_t, LiveTurn>& turns() const noexcept { return turns_; }
  /// After `LiveFinal` with the labels of the result.
  Annotation annotation(const std::string& uri) const;

 private:
  std::map<std::uint64_t, LiveTurn> turns_;
  std::map<std::string, std::string> offline_labels_;
};

/// At most one speaker at a time: where turns overlap, the one who spoke first goes on. For results that are
/// written while the stream goes on; a whole run knows better.
DIAR_API Annotation without_overlap(const Annotation& annotation);

/// Like `Session`, with labels while the stream goes on. Windows lie where a whole run has them and each goes
/// through the networks once, so that `finish` gives what `Engine::diarize` gives for the same samples, byte
/// for byte, however they come; provisional windows in between are for the labels alone and are left out
/// where the networks do not keep up. One session belongs to one thread at a time (`poll`, `status` and
/// `cancel` may come from any). What is shown before the end depends on the pieces and on how fast the
/// machine is. Move-only; a moved-from session throws `InvalidArgument`. Destroying a session stops it.
class DIAR_API LiveSession {
 public:
  /// Throws `InvalidArgument` on options that contradict each other or the engine.
  static LiveSession open(const Engine& engine, const LiveOptions& options = {});
  LiveSession(LiveSession&&) noexcept;
  LiveSession& operator=(LiveSession&&) noexcept;
  ~LiveSession();

  /// The stream's next samples, any number, mono, nominally in [-1, 1]. Waits while the backlog is full.
  /// Throws like `Session::push`: after an `AudioError` nothing of this piece was taken and the session goes
  /// on.
  void push(std::span<const float> samples);
  /// The same for 16-bit samples.
  void push(std::span<const std::int16_t> samples);
  /// What has changed since the last call, each turn at most once: whoever never calls it costs no more
  /// memory than the turns take. Throws what the networks threw.
  std::vector<LiveEvent> poll();
  SessionStatus status() const;
  /// Waits until no window is due and no clustering runs: for tests and measurements.
  void settle();
  /// The end of the stream: the final result. The events that lead to it come with the next `poll`. May be
  /// called once; throws like `Session::finish`.
  DiarizationOutput finish(const ProgressCallback& on_progress = {});
  void cancel() noexcept;

 private:
  struct Impl;
  explicit LiveSession(std::unique_ptr<Impl> impl);
  Impl& impl() const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
