// A reference and a hypothesis in; error rates, the mapping of speakers and the places of the errors out.
//
// Everything is a pure function of its arguments, safe from any thread. Times are seconds. Stretches of a
// microsecond or less count as empty, as in pyannote.core. docs/scoring.md has the definitions.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"

namespace diar {

/// What is scored. The defaults are those of pyannote.metrics and DIHARD: everything.
struct ScoringOptions {
  double collar_s = 0.0;  ///< total width that is left out around each reference boundary, half on each side
  bool skip_overlap = false;  ///< leave out where two or more reference turns overlap
  /// Scored regions, in any order; default: from the first start to the last end of both annotations.
  std::optional<std::vector<Segment>> uem = std::nullopt;
};

/// Seconds of each kind of error. Sums over recordings by `+=`.
struct DIAR_API DiarizationErrorRate {
  double total_s = 0.0;  ///< reference speech summed over turns
  double correct_s = 0.0;
  double missed_detection_s = 0.0;
  double false_alarm_s = 0.0;
  double confusion_s = 0.0;

  /// (missed + false alarm + confusion) / total; 0 for no speech and no false alarm, 1 for false alarms
  /// without any reference speech.
  double rate() const noexcept;
  DiarizationErrorRate& operator+=(const DiarizationErrorRate& other) noexcept;
};

/// Sum of the Jaccard errors of the reference's speakers. Sums over recordings by `+=`.
struct DIAR_API JaccardErrorRate {
  double error_sum = 0.0;
  std::size_t num_reference_speakers = 0;
  std::size_t num_hypothesis_speakers = 0;

  /// Mean over the reference's speakers; without any, 1 when the hypothesis has speakers and 0 otherwise.
  double rate() const noexcept;
  JaccardErrorRate& operator+=(const JaccardErrorRate& other) noexcept;
};

/// Errors of speech against silence, whoever talks. Sums over recordings by `+=`.
struct DIAR_API DetectionErrorRate {
  double total_s = 0.0;  ///< reference speech, overlap once
  double missed_detection_s = 0.0;
  double false_alarm_s = 0.0;

  /// As `DiarizationErrorRate::rate`.
  double rate() const noexcept;
  DetectionErrorRate& operator+=(const DetectionErrorRate& other) noexcept;
};

/// Time in one annotation's clusters, and how much of it the best speaker of the other one covers.
struct DIAR_API ClusterPurity {
  double total_s = 0.0;
  double correct_s = 0.0;

  double rate() const noexcept;  ///< correct / total; 1 without any time
  ClusterPurity& operator+=(const ClusterPurity& other) noexcept;
};

struct SpeakerCounts {
  std::size_t reference = 0;
  std::size_t hypothesis = 0;

  std::size_t error() const noexcept {
    return reference > hypothesis ? reference - hypothesis : hypothesis - reference;
  }
};

/// All of them; sums over recordings by `+=`.
struct DIAR_API DiarizationScores {
  DiarizationErrorRate diarization;
  JaccardErrorRate jaccard;
  DetectionErrorRate detection;
  ClusterPurity purity;
  ClusterPurity coverage;
  std::size_t speaker_count_error = 0;  ///< sum of `SpeakerCounts::error`
  std::size_t num_reference_speakers = 0;
  std::size_t num_hypothesis_speakers = 0;
  std::size_t num_recordings = 0;

  DiarizationScores& operator+=(const DiarizationScores& other) noexcept;
};

/// A segment throughout which the errors are the same. Speakers who are right in it are not listed.
struct ErrorRegion {
  Segment segment;
  std::size_t missed_detection = 0;     ///< how many reference speakers nobody stands for
  std::size_t false_alarm = 0;          ///< how many hypothesis speakers too many
  std::size_t confusion = 0;            ///< how many pairs of the wrong speakers
  std::vector<std::string> reference;   ///< missed or confused speakers, sorted
  std::vector<std::string> hypothesis;  ///< too many or confused speakers, by their own names, sorted
};

// All of the following throw `InvalidArgument` on a negative or infinite collar, times that are not finite,
// or more than 2000 speakers in one annotation.

/// The error under the one-to-one mapping of speakers that shares most time. Turns are counted one by one:
/// two overlapping turns of one speaker are two voices. Oracle: pyannote.metrics 4.2.0
/// `DiarizationErrorRate`; tests/metrics/ compares all parts.
DIAR_API DiarizationErrorRate diarization_error_rate(const Annotation& reference,
                                                     const Annotation& hypothesis,
                                                     const ScoringOptions& options = {});

/// Jaccard error under the mapping that makes it smallest, as dscore (DIHARD) defines it: turns of one
/// speaker are merged, `collar_s` and `skip_overlap` play no part. Exact where dscore rounds to 10 ms.
DIAR_API JaccardErrorRate jaccard_error_rate(const Annotation& reference, const Annotation& hypothesis,
                                             const ScoringOptions& options = {});

/// Oracle: pyannote.metrics `DetectionErrorRate`.
DIAR_API DetectionErrorRate detection_error_rate(const Annotation& reference, const Annotation& hypothesis,
                                                 const ScoringOptions& options = {});

/// How far each cluster of the hypothesis lies in one speaker of the reference. Swap the arguments for the
/// coverage. Only `uem` plays a part. Oracle: pyannote.metrics `DiarizationPurity`, `DiarizationCoverage`.
DIAR_API ClusterPurity cluster_purity(const Annotation& reference, const Annotation& hypothesis,
                                      const ScoringOptions& options = {});

/// Speakers with time inside `uem`; the rest of the options plays no part. Oracle: pyannote.metrics
/// `DiarizationSpeakerCountError`.
DIAR_API SpeakerCounts speaker_counts(const Annotation& reference, const Annotation& hypothesis,
                                      const ScoringOptions& options = {});

DIAR_API DiarizationScores score_diarization(const Annotation& reference, const Annotation& hypothesis,
                                             const ScoringOptions& options = {});

/// The mapping behind `diarization_error_rate`: reference speaker of each hypothesis speaker that shares time
/// with its partner.
DIAR_API std::map<std::string, std::string> optimal_mapping(const Annotation& reference,
                                                            const Annotation& hypothesis,
                                                            const ScoringOptions& options = {});

/// Where the errors of `diarization_error_rate` are, in order, without overlap: durations times counts sum up
/// to its parts.
DIAR_API std::vector<ErrorRegion> error_regions(const Annotation& reference, const Annotation& hypothesis,
                                                const ScoringOptions& options = {});

/// What is left of the scored regions after collars and overlap, in order, disjoint.
DIAR_API std::vector<Segment> scored_regions(const Annotation& reference, const Annotation& hypothesis,
                                             const ScoringOptions& options = {});

}  // namespace diar
