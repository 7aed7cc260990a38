// What a diarization gives: annotations, one embedding for each speaker, timings.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "diar/annotation.h"

namespace diar {

/// One speaker's centroid in the embedding space.
struct SpeakerEmbedding {
  std::string speaker;
  std::vector<float> values;  ///< [dimension]; zeros for a speaker without any embedding
};

/// Seconds spent in each stage: of the engine's threads for the networks, of the caller's for the rest.
struct StageTimings {
  double audio_s = 0.0;
  double segmentation_s = 0.0;
  double embedding_s = 0.0;  ///< features included
  double clustering_s = 0.0;
  double reconstruction_s = 0.0;
  double total_s = 0.0;  ///< wall clock
};

struct DiarizationOutput {
  Annotation diarization;                            ///< speakers may overlap
  Annotation exclusive_diarization;                  ///< at most one speaker at a time
  std::vector<SpeakerEmbedding> speaker_embeddings;  ///< in label order
  double duration_s = 0.0;                           ///< of the audio that was read
  std::size_t num_windows = 0;
  StageTimings timings;
};

}  // namespace diar
