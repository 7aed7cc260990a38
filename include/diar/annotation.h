// Who speaks when: labelled turns of one recording, as values to build, query and compare.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diar/export.h"

namespace diar {

/// A span of time in seconds, closed at the start and open at the end; empty when end_s <= start_s.
struct Segment {
  double start_s = 0.0;
  double end_s = 0.0;

  double duration_s() const noexcept { return end_s > start_s ? end_s - start_s : 0.0; }
  friend bool operator==(const Segment&, const Segment&) = default;
};

/// One speaker talking without a break.
struct Turn {
  Segment segment;
  std::string speaker;
  /// The share of the turn in which the speaker can be expected to talk, in [0, 1]; empty: unknown, as in
  /// files whose format cannot keep it.
  std::optional<float> confidence = {};

  friend bool operator==(const Turn&, const Turn&) = default;
};

/// Total speech of one speaker.
struct SpeakerTotal {
  std::string speaker;
  double speech_s = 0.0;  ///< sum of the turns' durations
  std::size_t num_turns = 0;
};

/// Turns of one recording, kept ordered by (start, end), equal ones as they came. A value type; not
/// synchronised.
class DIAR_API Annotation {
 public:
  Annotation() = default;
  explicit Annotation(std::string uri) : uri_(std::move(uri)) {}
  /// Takes the turns in any order.
  Annotation(std::string uri, std::vector<Turn> turns);

  /// The recording's name: the file's stem, or the RTTM's second field.
  const std::string& uri() const noexcept { return uri_; }
  void set_uri(std::string uri) { uri_ = std::move(uri); }

  const std::vector<Turn>& turns() const noexcept { return turns_; }
  bool empty() const noexcept { return turns_.empty(); }

  /// Inserts one turn at its place: O(turns).
  void add(Turn turn);
  /// Distinct speakers, sorted as strings.
  std::vector<std::string> speakers() const;
  /// One entry for each speaker, sorted as `speakers()`.
  std::vector<SpeakerTotal> totals() const;
  /// End of the last turn; 0 without turns.
  double end_s() const noexcept;
  /// A copy without the turns shorter than `min_duration_s`.
  Annotation without_short_turns(double min_duration_s) const;
  /// A copy without the turns whose confidence is below `min_confidence`; those without one stay.
  Annotation without_unsure_turns(double min_confidence) const;

  friend bool operator==(const Annotation&, const Annotation&) = default;

 private:
  std::string uri_;
  std::vector<Turn> turns_;
};

}  // namespace diar
