// A result in, all that it says out, as text: what two equal runs have in common.
#pragma once

#include <cstdio>
#include <string>

#include "diar/diarization.h"
#include "diar/io/rttm.h"

namespace diar::engine_test {

/// All that a result says, times included; equal texts are equal bits.
inline std::string text_of(const DiarizationOutput& output) {
  std::string text = to_rttm(output.diarization, 6) + "--\n" + to_rttm(output.exclusive_diarization, 6);
  for (const SpeakerEmbedding& embedding : output.speaker_embeddings) {
    text += embedding.speaker;
    for (const float value : embedding.values) {
      char exact[32];
      std::snprintf(exact, sizeof(exact), " %a", static_cast<double>(value));
      text += exact;
    }
    text += '\n';
  }
  return text + std::to_string(output.num_windows) + ' ' + std::to_string(output.duration_s);
}

}  // namespace diar::engine_test
