// SIGINT, SIGTERM and SIGHUP in; a run that ends within a second, by itself where it can, out.
#pragma once

#include <functional>

namespace diar::cli {

/// True once the user has pressed Ctrl-C, sent SIGTERM or closed the terminal. A second signal ends the
/// process at once.
bool interrupted() noexcept;

/// Catches SIGTERM from now on, and SIGINT and SIGHUP unless they are ignored (nohup, background jobs). A run
/// that has not begun to end 0.6 s after the signal, because something blocks that cannot be asked to stop (a
/// pipe that gives or takes nothing, a name server, a slow disk), is ended by a separate thread: temporary
/// files are removed, the exit code is 9.
void install_interrupt_handler();

/// The run says from here on by itself how it ended. Does not return when it is being ended from outside
/// already, so that nothing is said twice.
void begin_ending() noexcept;

/// The run has said that it was cancelled: nobody else need do it.
void note_said() noexcept;

/// A progress line stands on standard error (or no longer): what is said at the end erases it first.
void set_progress_line(bool stands) noexcept;
/// What erases that line if it stands, else nothing.
const char* progress_line_eraser() noexcept;

/// While it lives, `say` runs (on a separate thread) before the process is ended from outside, in place of
/// the line "diarize: cancelled". It must not wait for locks that the run may hold. One at a time.
class CancelledNotice {
 public:
  explicit CancelledNotice(std::function<void()> say);
  ~CancelledNotice();
  CancelledNotice(const CancelledNotice&) = delete;
  CancelledNotice& operator=(const CancelledNotice&) = delete;
};

}  // namespace diar::cli
