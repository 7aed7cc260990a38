// What stands for each handle: an engine, a session, a result.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "diar/diarization.h"
#include "diar/engine.h"
#include "diar/io/formats.h"
#include "diar/resampler.h"
#include "diar/session.h"
#include "handles.h"
#include "options.h"

namespace diar::c_api {

struct EngineObject {
  explicit EngineObject(Engine loaded) : engine(std::move(loaded)), device(engine.device_name()) {}

  const Engine engine;
  const std::string device;
  mutable MessageSlot message;
};

/// One recording's result with everything that C sees of it, ready to be pointed at.
class ResultObject {
 public:
  /// `input`: the audio file, or empty.
  ResultObject(DiarizationOutput output, std::string input);
  /// The same run under other names.
  ResultObject(const ResultObject& run, ResultDocument document);

  const std::vector<diar_turn>& turns(std::int32_t kind) const;
  const ResultDocument& document() const noexcept { return document_; }
  const std::vector<diar_speaker>& speakers() const noexcept { return speakers_; }
  const std::string& text(const char* format, std::int32_t kind) const;

  std::size_t num_windows = 0;
  StageTimings timings;
  mutable MessageSlot message;

 private:
  void make_views();
  std::vector<diar_turn> view(const Annotation& annotation) const;

  ResultDocument document_;  // never changes: the others point into it
  std::vector<diar_speaker> speakers_;
  std::vector<diar_turn> turns_;
  std::vector<diar_turn> exclusive_turns_;
  struct Text {
    std::string format;
    std::int32_t kind;
    std::string text;
  };
  mutable std::mutex mutex_;
  mutable std::deque<Text> texts_;  // a deque does not move what it holds
};

/// As many samples as a caller says that there are.
template <typename Sample>
std::span<const Sample> span_of(const Sample* samples, std::uint64_t num_samples) {
  require(samples != nullptr || num_samples == 0, "the samples are null");
  require(
      num_samples <= static_cast<std::uint64_t>(std::numeric_limits<std::ptrdiff_t>::max()) / sizeof(Sample),
      "more samples than any memory can hold");
  return {samples, static_cast<std::size_t>(num_samples)};
}
/// Throws for NaN or infinity among them.
void check_samples(std::span<const float> samples);

/// A session at any sample rate, with the callbacks of its options.
class SessionObject {
 public:
  SessionObject(const Engine& engine, std::int32_t sample_rate_hz, const RunOptions& options);

  void push(std::span<const float> samples);
  void push(std::span<const std::int16_t> samples);
  SessionStatus status() const { return session_.poll(); }
  DiarizationOutput finish();
  void cancel() noexcept { session_.cancel(); }

  mutable MessageSlot message;

 private:
  void check_open() const;
  void add(std::span<const float> samples);
  void feed(std::span<const float> samples);

  RunOptions options_;  // before the session, whose callbacks it holds
  Resampler resampler_;
  std::vector<float> resampled_;
  Session session_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> closed_{false};
};

using Engines = HandleTable<diar_engine, EngineObject>;
using Sessions = HandleTable<diar_session, SessionObject>;
using Results = HandleTable<diar_result, ResultObject>;

/// Never destroyed: programs may use handles until their last moment.
Engines& engines();
Sessions& sessions();
Results& results();

}  // namespace diar::c_api
