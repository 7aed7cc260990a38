#include "session/turns.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <tuple>

#include "core/letter_name.h"

namespace diar {
namespace {

// pyannote.core takes shorter segments for empty.
constexpr double kSegmentPrecision_s = 1e-6;

}  // namespace

void TurnBuilder::add(std::size_t frame, std::span<const std::uint8_t> speaking) {
  for (std::size_t column = 0; column < start_frame_.size(); ++column) {
    const bool on = speaking[column] != 0;
    if (on && start_frame_[column] == kOff) start_frame_[column] = frame;
    if (!on && start_frame_[column] != kOff) close(column, frame);
  }
  last_frame_ = frame;
}

void TurnBuilder::close(std::size_t column, std::size_t end_frame) {
  const Segment segment{frames_.middle_s(start_frame_[column]), frames_.middle_s(end_frame)};
  start_frame_[column] = kOff;
  if (segment.end_s - segment.start_s > kSegmentPrecision_s) turns_.push_back({segment, column, column});
}

std::vector<ColumnTurn> TurnBuilder::finish() {
  for (std::size_t column = 0; column < start_frame_.size(); ++column) {
    if (start_frame_[column] != kOff) close(column, last_frame_);
  }
  return std::move(turns_);
}

std::vector<ColumnTurn> fill_gaps(std::vector<ColumnTurn> turns, double min_duration_off_s) {
  if (min_duration_off_s <= 0.0) return turns;
  const auto earlier = [](const ColumnTurn& a, const ColumnTurn& b) {
    const std::string text_a = std::to_string(a.column);
    const std::string text_b = std::to_string(b.column);
    return std::tie(text_a, a.segment.start_s) < std::tie(text_b, b.segment.start_s);
  };
  std::stable_sort(turns.begin(), turns.end(), earlier);
  std::vector<ColumnTurn> filled;
  for (const ColumnTurn& turn : turns) {
    const bool same = !filled.empty() && filled.back().column == turn.column;
    const double gap_s = same ? turn.segment.start_s - filled.back().segment.end_s : 0.0;
    if (same && (gap_s < min_duration_off_s || gap_s <= kSegmentPrecision_s)) {
      filled.back().segment.end_s = std::max(filled.back().segment.end_s, turn.segment.end_s);
    } else {
      filled.push_back(turn);
    }
  }
  for (std::size_t i = 0; i < filled.size(); ++i) filled[i].track = i;
  return filled;
}

std::map<std::size_t, std::string> label_columns(const std::vector<ColumnTurn>& turns) {
  std::set<std::string> as_text;
  for (const ColumnTurn& turn : turns) as_text.insert(std::to_string(turn.column));
  std::map<std::size_t, std::string> labels;
  for (const std::string& text : as_text) {
    char label[32];
    std::snprintf(label, sizeof(label), "SPEAKER_%02zu", labels.size());
    labels[static_cast<std::size_t>(std::stoul(text))] = label;
  }
  return labels;
}

Annotation to_annotation(const std::string& uri, const std::vector<ColumnTurn>& turns,
                         const std::map<std::size_t, std::string>& labels) {
  std::vector<const ColumnTurn*> order;
  for (const ColumnTurn& turn : turns) {
    if (labels.contains(turn.column)) order.push_back(&turn);
  }
  std::stable_sort(order.begin(), order.end(), [](const ColumnTurn* a, const ColumnTurn* b) {
    return letter_name(a->track) < letter_name(b->track);
  });
  std::vector<Turn> named;
  named.reserve(order.size());
  for (const ColumnTurn* turn : order)
    named.push_back({turn->segment, labels.at(turn->column), turn->confidence});
  return Annotation(uri, std::move(named));
}

}  // namespace diar
