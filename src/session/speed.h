// A speed in, what it means for the networks out.
#pragma once

#include <optional>

#include "diar/pipeline.h"
#include "session/shared_trunk.h"

namespace diar {

struct SpeedPlan {
  std::optional<StretchPlan> stretches;  ///< windows share the embedding network's trunk
  double step_factor = 1.0;              ///< times the model's step between windows
  /// A wider step gives each speaker fewer embeddings. VBx holds their sum against the prior of its speakers
  /// (fa to fb): the prior weighs as much less, or it would find fewer speakers. How far one embedding
  /// decides between two speakers (fa alone) has nothing to do with the step.
  bool scale_prior = false;
};
SpeedPlan speed_plan(Speed speed);

}  // namespace diar
