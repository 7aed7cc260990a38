#include "session/speed.h"

#include "diar/errors.h"

namespace diar {

// docs/performance.md, "Modes", has the measurements behind these numbers.
SpeedPlan speed_plan(Speed speed) {
  switch (speed) {
    case Speed::kExact:
      return {};
    case Speed::kFast:
      return {StretchPlan{}, 1.0, false};
    case Speed::kFaster:
      return {StretchPlan{}, 3.0, true};
  }
  throw InvalidArgument("a speed that does not exist");
}

}  // namespace diar
