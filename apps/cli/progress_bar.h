// Progress of one input as a line that is redrawn on a terminal.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "diar/progress.h"

namespace diar::cli {

/// Draws on standard error when that is a terminal and `enabled`; otherwise stays silent. One line, whatever
/// the terminal's width is at the moment.
class ProgressBar {
 public:
  ProgressBar(std::string title, bool enabled);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void set_title(std::string title) { title_ = std::move(title); }
  /// At most ten redraws a second.
  void update(const Progress& progress);
  /// Removes the line.
  void clear();

 private:
  std::string title_;
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_draw_;
};

}  // namespace diar::cli
