// A speed in, what it means for the networks out.
#pragma once

#include <optional>

#include "diar/pipeline.h"
#include "pipeline/shared_trunk.h"

namespace diar {

struct SpeedPlan {
  std::optional<StretchPlan> stretches;  ///< windows share the embedding network's trunk
  double step_factor = 1.0;              ///< times the model's step between windows
  /// A wider step gives fewer embeddings, each for more of the recording: VBx weighs its evidence by as much,
  /// or it would find fewer speakers.
  bool scale_evidence = false;
};
SpeedPlan speed_plan(Speed speed);

}  // namespace diar
