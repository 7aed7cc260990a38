#include "score_report.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <ostream>
#include <span>
#include <utility>

#include "screen.h"

namespace diar::cli {
namespace {

constexpr std::size_t kMinNameWidth = 9;

double mean_count_error(const DiarizationScores& scores) {
  if (scores.num_recordings == 0) return 0.0;
  return static_cast<double>(scores.speaker_count_error) / static_cast<double>(scores.num_recordings);
}

double percent_of(double part_s, double total_s) {
  return total_s > 0.0 ? 100.0 * part_s / total_s : 0.0;
}

struct Column {
  std::string heading;
  std::vector<std::string> cells;  // one for each row
};

std::string number(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  return text;
}

// Right-aligned columns, without the names.
std::vector<Column> columns_of(const std::vector<ScoreRow>& rows) {
  std::vector<Column> columns;
  const auto add = [&](const char* heading,
                       const std::function<std::string(const DiarizationScores&)>& cell) {
    Column column{heading, {}};
    for (const ScoreRow& row : rows) column.cells.push_back(cell(row.scores));
    columns.push_back(std::move(column));
  };
  const auto part = [](double DiarizationErrorRate::*seconds) {
    return [seconds](const DiarizationScores& scores) {
      const DiarizationErrorRate& der = scores.diarization;
      return number(percent_of(der.*seconds, der.total_s), 2);
    };
  };
  add("speech s", [](const auto& scores) { return number(scores.diarization.total_s, 1); });
  add(" DER %", [](const auto& scores) { return number(100.0 * scores.diarization.rate(), 2); });
  add("missed", part(&DiarizationErrorRate::missed_detection_s));
  add("false+", part(&DiarizationErrorRate::false_alarm_s));
  add("confus.", part(&DiarizationErrorRate::confusion_s));
  add(" JER %", [](const auto& scores) { return number(100.0 * scores.jaccard.rate(), 2); });
  add("purity", [](const auto& scores) { return number(100.0 * scores.purity.rate(), 2); });
  add("cover.", [](const auto& scores) { return number(100.0 * scores.coverage.rate(), 2); });
  add("detect.", [](const auto& scores) { return number(100.0 * scores.detection.rate(), 2); });
  add("speakers", [](const auto& scores) { return std::to_string(scores.num_reference_speakers); });
  add("found", [](const auto& scores) { return std::to_string(scores.num_hypothesis_speakers); });
  add("off", [](const auto& scores) {
    return number(mean_count_error(scores), scores.num_recordings == 1 ? 0 : 2);
  });
  return columns;
}

std::string right_aligned(const std::string& text, std::size_t width) {
  return "  " + std::string(width - std::min(width, text.size()), ' ') + text;
}

// The columns from `first` to before `last`, with the names at the left.
void print_columns(const std::vector<ScoreRow>& rows, std::span<const Column> columns,
                   std::span<const std::size_t> widths, std::size_t name_width, std::ostream& out) {
  const auto name = [&](const std::string& text) {
    const std::string shown = clipped(screen_text(text), name_width);
    out << shown << std::string(name_width - std::min(name_width, cells_of(shown)), ' ');
  };
  name("recording");
  for (std::size_t c = 0; c < columns.size(); ++c) out << right_aligned(columns[c].heading, widths[c]);
  out << '\n';
  for (std::size_t r = 0; r < rows.size(); ++r) {
    name(rows[r].name);
    for (std::size_t c = 0; c < columns.size(); ++c) out << right_aligned(columns[c].cells[r], widths[c]);
    out << '\n';
  }
}

}  // namespace

void print_score_table(const std::vector<ScoreRow>& rows, std::size_t num_cells, std::ostream& out) {
  const std::vector<Column> columns = columns_of(rows);
  std::vector<std::size_t> widths;
  for (const Column& column : columns) {
    widths.push_back(column.heading.size());
    for (const std::string& cell : column.cells) widths.back() = std::max(widths.back(), cell.size());
  }
  std::size_t name_width = kMinNameWidth;
  for (const ScoreRow& row : rows) name_width = std::max(name_width, cells_of(screen_text(row.name)));
  name_width = std::min(name_width, std::max(kMinNameWidth, num_cells / 3));
  for (std::size_t first = 0; first < columns.size();) {
    // As many columns as fit, at least one; the rest follows below.
    std::size_t used = name_width;
    std::size_t last = first;
    while (last < columns.size() && (last == first || used + widths[last] + 2 <= num_cells))
      used += widths[last++] + 2;
    if (first > 0) out << '\n';
    print_columns(rows, std::span(columns).subspan(first, last - first),
                  std::span(widths).subspan(first, last - first), name_width, out);
    first = last;
  }
}

nlohmann::ordered_json scores_json(const DiarizationScores& scores) {
  return {{"recordings", scores.num_recordings},
          {"der", scores.diarization.rate()},
          {"total_s", scores.diarization.total_s},
          {"correct_s", scores.diarization.correct_s},
          {"missed_detection_s", scores.diarization.missed_detection_s},
          {"false_alarm_s", scores.diarization.false_alarm_s},
          {"confusion_s", scores.diarization.confusion_s},
          {"jer", scores.jaccard.rate()},
          {"purity", scores.purity.rate()},
          {"coverage", scores.coverage.rate()},
          {"detection_error_rate", scores.detection.rate()},
          {"detection_total_s", scores.detection.total_s},
          {"detection_missed_s", scores.detection.missed_detection_s},
          {"detection_false_alarm_s", scores.detection.false_alarm_s},
          {"reference_speakers", scores.num_reference_speakers},
          {"hypothesis_speakers", scores.num_hypothesis_speakers},
          {"speaker_count_error", mean_count_error(scores)}};
}

}  // namespace diar::cli
