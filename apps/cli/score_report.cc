#include "score_report.h"

#include <algorithm>
#include <cstdio>
#include <ostream>

#include "screen.h"

namespace diar::cli {
namespace {

constexpr std::size_t kMinNameWidth = 9;
constexpr std::size_t kMaxNameWidth = 40;

double mean_count_error(const DiarizationScores& scores) {
  if (scores.num_recordings == 0) return 0.0;
  return static_cast<double>(scores.speaker_count_error) / static_cast<double>(scores.num_recordings);
}

double percent_of(double part_s, double total_s) {
  return total_s > 0.0 ? 100.0 * part_s / total_s : 0.0;
}

std::string padded(const std::string& name, std::size_t width) {
  const std::size_t used = cells_of(name);
  return name + std::string(used < width ? width - used : 0, ' ');
}

}  // namespace

void print_score_table(const std::vector<ScoreRow>& rows, std::ostream& out) {
  std::size_t width = kMinNameWidth;
  for (const ScoreRow& row : rows)
    width = std::max(width, std::min(cells_of(screen_text(row.name)), kMaxNameWidth));
  out << padded("recording", width)
      << "  speech s   DER %  missed  false+  confus.   JER %  purity  cover.  detect.  speakers  found  "
         "off\n";
  for (const ScoreRow& row : rows) {
    const DiarizationErrorRate& der = row.scores.diarization;
    char line[256];
    std::snprintf(line, sizeof(line),
                  "  %8.1f  %6.2f  %6.2f  %6.2f  %7.2f  %6.2f  %6.2f  %6.2f  %7.2f  %8zu  %5zu  %3.*f\n",
                  der.total_s, 100.0 * der.rate(), percent_of(der.missed_detection_s, der.total_s),
                  percent_of(der.false_alarm_s, der.total_s), percent_of(der.confusion_s, der.total_s),
                  100.0 * row.scores.jaccard.rate(), 100.0 * row.scores.purity.rate(),
                  100.0 * row.scores.coverage.rate(), 100.0 * row.scores.detection.rate(),
                  row.scores.num_reference_speakers, row.scores.num_hypothesis_speakers,
                  row.scores.num_recordings == 1 ? 0 : 2, mean_count_error(row.scores));
    out << padded(screen_text(row.name), width) << line;
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
