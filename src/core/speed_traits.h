// A speed in, what it means out: everything that a mode changes stands in one table.
#pragma once

#include "diar/networks.h"
#include "diar/speed.h"

namespace diar {

struct SpeedTraits {
  Speed speed;
  const char* name;
  bool shares_windows;  ///< the encoder shares work between windows
  double step_factor;   ///< times the model's step between windows
  double
      lone_step_factor;  ///< the same for an encoder that shares nothing: fewer windows are all it can save
  /// A wider step gives each speaker fewer embeddings. VBx holds their sum against the prior of its speakers
  /// (fa to fb): the prior weighs as much less, or it would find fewer speakers. How far one embedding
  /// decides between two speakers (fa alone) has nothing to do with the step.
  bool scale_prior;
  Precision precision;  ///< that it allows
};

/// Throws `InvalidArgument` on a value that is no speed.
const SpeedTraits& speed_traits(Speed speed);

}  // namespace diar
