// How long loops let their caller report, and stop them.
#pragma once

#include <functional>

namespace diar {

/// Called now and then; what it throws ends the loop. May be empty.
using Pulse = std::function<void()>;

inline void beat(const Pulse& pulse) {
  if (pulse) pulse();
}

}  // namespace diar
