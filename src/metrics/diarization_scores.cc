#include "diar/metrics.h"
#include "metrics/scored_pair.h"

namespace diar {

DiarizationScores& DiarizationScores::operator+=(const DiarizationScores& other) noexcept {
  diarization += other.diarization;
  jaccard += other.jaccard;
  detection += other.detection;
  purity += other.purity;
  coverage += other.coverage;
  speaker_count_error += other.speaker_count_error;
  num_reference_speakers += other.num_reference_speakers;
  num_hypothesis_speakers += other.num_hypothesis_speakers;
  num_recordings += other.num_recordings;
  return *this;
}

SpeakerCounts speaker_counts(const Annotation& reference, const Annotation& hypothesis,
                             const ScoringOptions& options) {
  const ScoredPair pair = scored_pair_without_collar(reference, hypothesis, options);
  return {pair.reference.speakers.size(), pair.hypothesis.speakers.size()};
}

DiarizationScores score_diarization(const Annotation& reference, const Annotation& hypothesis,
                                    const ScoringOptions& options) {
  const SpeakerCounts speakers = speaker_counts(reference, hypothesis, options);
  DiarizationScores scores;
  scores.diarization = diarization_error_rate(reference, hypothesis, options);
  scores.jaccard = jaccard_error_rate(reference, hypothesis, options);
  scores.detection = detection_error_rate(reference, hypothesis, options);
  scores.purity = cluster_purity(reference, hypothesis, options);
  scores.coverage = cluster_purity(hypothesis, reference, options);
  scores.speaker_count_error = speakers.error();
  scores.num_reference_speakers = speakers.reference;
  scores.num_hypothesis_speakers = speakers.hypothesis;
  scores.num_recordings = 1;
  return scores;
}

}  // namespace diar
