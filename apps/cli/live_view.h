// Events of a live session in, what a user or a program follows while the stream goes on out.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "diar/live.h"

namespace diar::cli {

class LiveView {
 public:
  virtual ~LiveView() = default;
  /// `turns`: with the events applied.
  virtual void take(const std::vector<LiveEvent>& events, const LiveTurns& turns) = 0;
  /// Lets others write to the terminal meanwhile.
  virtual void speak(const std::function<void()>& say) { say(); }
  /// Nothing of it stays on the terminal.
  virtual void close() {}
};

/// One JSON object a line on standard output, each at once.
std::unique_ptr<LiveView> make_json_view();
/// Who speaks now, the last minutes as lanes and the speakers' totals where standard error is a terminal;
/// else a line for each turn that will change no more.
std::unique_ptr<LiveView> make_people_view();
/// Nothing.
std::unique_ptr<LiveView> make_quiet_view();

}  // namespace diar::cli
