// Wall-clock seconds between two points of a run.
#pragma once

#include <chrono>

namespace diar {

class Stopwatch {
 public:
  /// Seconds since construction or the last call.
  double lap_s() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - start_).count();
    start_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace diar
