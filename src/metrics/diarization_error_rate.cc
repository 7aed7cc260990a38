#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "core/assignment.h"
#include "diar/errors.h"
#include "diar/metrics.h"

namespace diar {
namespace {

/// A stretch without any boundary inside: who talks in the reference and in the hypothesis.
struct Piece {
  double duration_s = 0.0;
  std::vector<std::size_t> reference;
  std::vector<std::size_t> hypothesis;
};

std::map<std::string, std::size_t> index_speakers(const Annotation& annotation) {
  std::map<std::string, std::size_t> index;
  for (const Turn& turn : annotation.turns()) index.emplace(turn.speaker, index.size());
  return index;
}

std::vector<std::size_t> talking(const Annotation& annotation,
                                 const std::map<std::string, std::size_t>& index, double time_s) {
  std::vector<std::size_t> speakers;
  for (const Turn& turn : annotation.turns()) {
    if (turn.segment.start_s > time_s) break;  // turns are ordered by their start
    if (time_s < turn.segment.end_s) speakers.push_back(index.at(turn.speaker));
  }
  std::sort(speakers.begin(), speakers.end());
  speakers.erase(std::unique(speakers.begin(), speakers.end()), speakers.end());
  return speakers;
}

// Within half the collar of a reference boundary nothing is scored.
bool in_collar(const Annotation& reference, double time_s, double collar_s) {
  return std::any_of(reference.turns().begin(), reference.turns().end(), [&](const Turn& turn) {
    return turn.segment.duration_s() > 0.0 && (std::abs(time_s - turn.segment.start_s) < collar_s / 2 ||
                                               std::abs(time_s - turn.segment.end_s) < collar_s / 2);
  });
}

std::vector<Piece> cut_into_pieces(const Annotation& reference, const Annotation& hypothesis,
                                   const ScoringOptions& options,
                                   const std::map<std::string, std::size_t>& reference_index,
                                   const std::map<std::string, std::size_t>& hypothesis_index) {
  std::vector<double> cuts;
  for (const Annotation* annotation : {&reference, &hypothesis}) {
    for (const Turn& turn : annotation->turns()) {
      for (const double time_s : {turn.segment.start_s, turn.segment.end_s}) {
        cuts.push_back(time_s);
        if (annotation == &reference && options.collar_s > 0.0) {
          cuts.push_back(time_s - options.collar_s / 2);
          cuts.push_back(time_s + options.collar_s / 2);
        }
      }
    }
  }
  std::sort(cuts.begin(), cuts.end());
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    if (cuts[i + 1] <= cuts[i]) continue;
    const double middle_s = 0.5 * (cuts[i] + cuts[i + 1]);
    if (options.collar_s > 0.0 && in_collar(reference, middle_s, options.collar_s)) continue;
    Piece piece{cuts[i + 1] - cuts[i], talking(reference, reference_index, middle_s),
                talking(hypothesis, hypothesis_index, middle_s)};
    if (options.skip_overlap && piece.reference.size() > 1) continue;
    if (!piece.reference.empty() || !piece.hypothesis.empty()) pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace

double DiarizationErrorRate::rate() const noexcept {
  const double errors_s = missed_detection_s + false_alarm_s + confusion_s;
  if (total_s > 0.0) return errors_s / total_s;
  return errors_s > 0.0 ? 1.0 : 0.0;
}

DiarizationErrorRate diarization_error_rate(const Annotation& reference, const Annotation& hypothesis,
                                            const ScoringOptions& options) {
  if (!(options.collar_s >= 0.0)) throw InvalidArgument("a collar must not be negative");
  const auto reference_index = index_speakers(reference);
  const auto hypothesis_index = index_speakers(hypothesis);
  const auto pieces = cut_into_pieces(reference, hypothesis, options, reference_index, hypothesis_index);
  const std::size_t columns = hypothesis_index.size();
  std::vector<double> shared_s(reference_index.size() * columns, 0.0);
  for (const Piece& piece : pieces) {
    for (const std::size_t r : piece.reference) {
      for (const std::size_t h : piece.hypothesis) shared_s[r * columns + h] += piece.duration_s;
    }
  }
  const auto mapped = assign_maximum(shared_s, reference_index.size(), columns);
  DiarizationErrorRate result;
  for (const Piece& piece : pieces) {
    const auto in_reference = static_cast<double>(piece.reference.size());
    const auto in_hypothesis = static_cast<double>(piece.hypothesis.size());
    double correct = 0.0;
    for (const std::size_t r : piece.reference) {
      const bool found =
          mapped[r] >= 0 && std::binary_search(piece.hypothesis.begin(), piece.hypothesis.end(),
                                               static_cast<std::size_t>(mapped[r]));
      correct += found ? 1.0 : 0.0;
    }
    result.total_s += piece.duration_s * in_reference;
    result.correct_s += piece.duration_s * correct;
    result.missed_detection_s += piece.duration_s * std::max(0.0, in_reference - in_hypothesis);
    result.false_alarm_s += piece.duration_s * std::max(0.0, in_hypothesis - in_reference);
    result.confusion_s += piece.duration_s * (std::min(in_reference, in_hypothesis) - correct);
  }
  return result;
}

}  // namespace diar
