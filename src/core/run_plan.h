// Everything that a session does differently from another one, resolved once from the model and the options.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/confidence_model.h"
#include "core/pulse.h"
#include "diar/profile.h"
#include "diar/progress.h"

namespace diar {

struct RunPlan {
  std::size_t window_samples = 160000;
  std::size_t step_samples = 16000;
  double step_s = 1.0;  ///< as the options or the model say it; step_samples is rounded
  bool share_windows = false;
  bool exclude_overlap = true;
  double threshold = 0.6;  ///< of the linkage
  double fa = 0.07;
  double fb = 0.8;  ///< for this step
  double min_duration_off_s = 0.0;
  double min_duration_s = 0.0;
  double min_confidence = 0.0;
  ConfidenceModel confidence;
  Profile profile = Profile::kPyannote;
  std::optional<int> num_speakers;
  std::optional<int> min_speakers;
  std::optional<int> max_speakers;
  std::string uri = "audio";
  ArtefactHook hook;
  Pulse pulse;  ///< of what follows the networks
};

}  // namespace diar
