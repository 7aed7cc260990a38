// A reference and a hypothesis in, the diarization error rate and its parts out.
#pragma once

#include "diar/annotation.h"
#include "diar/export.h"

namespace diar {

/// Seconds of each kind of error; rates are relative to `total_s`, the reference's speech summed over
/// speakers.
struct DiarizationErrorRate {
  double total_s = 0.0;
  double correct_s = 0.0;
  double missed_detection_s = 0.0;
  double false_alarm_s = 0.0;
  double confusion_s = 0.0;

  /// (missed + false alarm + confusion) / total; 0 for no speech and no false alarm, 1 for false alarms
  /// without any reference speech.
  double rate() const noexcept;
};

struct ScoringOptions {
  double collar_s = 0.0;  ///< total width that is left out around each reference boundary, half on each side
  bool skip_overlap = false;  ///< leave out where two or more reference speakers talk
};

/// The error under the best one-to-one mapping of speakers, the one that they share most time under.
/// Overlapping turns of one speaker count once. The scored region is the extent of both annotations. Throws
/// `InvalidArgument` on a negative collar. Source: NIST's definition (md-eval).
/// Not compared with pyannote.metrics yet, which counts overlapping turns of one speaker one by one.
DIAR_API DiarizationErrorRate diarization_error_rate(const Annotation& reference,
                                                     const Annotation& hypothesis,
                                                     const ScoringOptions& options = {});

}  // namespace diar
