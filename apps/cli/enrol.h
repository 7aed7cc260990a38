// A person's recordings in, samples for the book out.
#pragma once

#include <string>
#include <vector>

#include "diar/engine.h"
#include "diar/voices.h"
#include "model_flags.h"

namespace diar::cli {

struct EnrolWishes {
  std::vector<std::string> inputs;  ///< audio files
  std::string from;                 ///< "RTTM:SPEAKER"; empty: all that is said
  std::string speaker;              ///< label of our own diarization; empty: the recording is of one person
  double min_clean_s = 5.0;
  bool quiet = false;
};

/// One sample for each input. Throws what reading, diarizing and `enrolled_voice` throw; with hints for the
/// command's user.
std::vector<VoiceSample> enrol(const Engine& engine, const EnrolWishes& wishes, const AudioFlags& audio);

/// A diarization with a progress line.
DiarizationOutput diarize_quietly(const Engine& engine, AudioSource& audio, const std::string& uri,
                                  bool quiet);

/// Of the day on this machine, as 2026-11-29.
std::string today();

}  // namespace diar::cli
