// The first Ctrl-C of a run that goes on until it is told to stop: it finishes.
#pragma once

namespace diar::cli {

/// While it lives, the first SIGINT or SIGTERM asks the run to finish what it has, and the next one
/// interrupts it. One at a time.
class FinishOnInterrupt {
 public:
  FinishOnInterrupt() noexcept;
  ~FinishOnInterrupt();
  FinishOnInterrupt(const FinishOnInterrupt&) = delete;
  FinishOnInterrupt& operator=(const FinishOnInterrupt&) = delete;

  static bool asked() noexcept;
};

/// As `set_progress_line`, for several lines with the cursor at the start of the first.
void set_progress_block(bool stands) noexcept;

}  // namespace diar::cli
