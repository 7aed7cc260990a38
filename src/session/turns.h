// Speakers of each frame in, turns out; then labels for people.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/sliding_window.h"
#include "diar/annotation.h"

namespace diar {

/// A span of time in which one column of the reconstruction talks.
struct ColumnTurn {
  Segment segment;
  std::size_t column = 0;
  /// pyannote's track: its name (the k-th of A..Z, AA, AB, ...) decides the order of identical segments.
  std::size_t track = 0;
  std::optional<float> confidence = {};
};

/// Follows the columns frame by frame. A turn begins in the middle of its first frame and ends in the middle
/// of the first frame that is off (of the last frame, when it is still on there).
class TurnBuilder {
 public:
  explicit TurnBuilder(std::size_t columns, const SlidingWindow& frames = kSegmentationFrames)
      : frames_(frames), start_frame_(columns, kOff) {}
  void add(std::size_t frame, std::span<const std::uint8_t> speaking);
  /// Closes what is open and gives back all turns that are longer than a microsecond.
  std::vector<ColumnTurn> finish();

 private:
  static constexpr std::size_t kOff = static_cast<std::size_t>(-1);
  void close(std::size_t column, std::size_t end_frame);

  SlidingWindow frames_;
  std::vector<std::size_t> start_frame_;
  std::vector<ColumnTurn> turns_;
  std::size_t last_frame_ = 0;
};

/// Joins turns of one column whose gap is shorter than `min_duration_off_s` (nothing when that is 0). Then
/// every turn is a track of its own, numbered column by column in the order of the columns' numbers as text.
/// Oracle: pyannote.core `Annotation.support`.
std::vector<ColumnTurn> fill_gaps(std::vector<ColumnTurn> turns, double min_duration_off_s);

/// Columns with turns get SPEAKER_00, SPEAKER_01, ... in the order of their numbers as text (0, 1, 10, 11, 2,
/// ...), as pyannote does.
std::map<std::size_t, std::string> label_columns(const std::vector<ColumnTurn>& turns);

/// Turns with their labels; a column without a label is left out. Identical segments keep pyannote's order,
/// that of the names of their tracks.
Annotation to_annotation(const std::string& uri, const std::vector<ColumnTurn>& turns,
                         const std::map<std::size_t, std::string>& labels);

}  // namespace diar
