// Speakers of many recordings in, the same voice in all of them under one number out.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "diar/diarization.h"
#include "diar/export.h"
#include "diar/networks.h"
#include "diar/voices.h"

namespace diar {

/// One recording's speakers, all of them different people.
struct RecordingSpeakers {
  std::vector<SpeakerEmbedding> speakers;
  std::vector<double> speech_s;  ///< of each speaker
};

struct LinkOptions {
  /// Two speakers are one when their calibrated log-likelihood ratio, less the logarithm of the number of
  /// voices known so far, is above this.
  double threshold = 0.0;
  /// Speakers who talk less are linked last, and found no new voice that others could join.
  double min_speech_s = 4.0;
};

/// One voice in all recordings.
struct LinkedVoice {
  double speech_s = 0.0;
  std::vector<float> embedding;  ///< mean of the speakers' unit-length ones, weighted by their speech
};

struct LinkedSpeakers {
  std::vector<std::vector<std::size_t>> voice_of;  ///< [recordings][speakers], index into `voices`
  std::vector<LinkedVoice> voices;                 ///< numbered as they appear
};

/// Recording by recording, the longest first: each speaker joins the voice that PLDA finds likeliest, or
/// founds one; two speakers of a recording never join the same. Then voices that fit are joined, and every
/// recording chooses again among the others' until nothing changes. Memory grows with the number of speakers,
/// time with that times the number of voices. Deterministic; depends on the order of recordings only where
/// two are equally long. Throws `InvalidArgument` when embeddings are not of one length.
DIAR_API LinkedSpeakers link_speakers(std::span<const RecordingSpeakers> recordings,
                                      const SpeakerScoring& scoring, const VoiceCalibration& calibration,
                                      const LinkOptions& options = {});

}  // namespace diar
