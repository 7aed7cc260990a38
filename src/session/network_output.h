// What the networks said about one recording.
#pragma once

#include "assign/activity.h"
#include "assign/embeddings.h"
#include "diar/diarization.h"
#include "session/confidence.h"

namespace diar {

struct NetworkOutput {
  double duration_s = 0.0;  ///< of the audio
  Activity activity;
  Embeddings embeddings;
  FrameCertainty certainty;
  StageTimings timings;
};

}  // namespace diar
