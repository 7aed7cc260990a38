// The diarize command: audio files in, RTTM out; other jobs are subcommands.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include "assign_command.h"
#include "command_context.h"
#include "completion_command.h"
#include "convert_command.h"
#include "diar/errors.h"
#include "diar/version.h"
#include "diarize_command.h"
#include "help_text.h"
#include "live_command.h"
#include "man_page.h"
#include "models_command.h"
#include "report_command.h"
#include "score_command.h"
#include "screen.h"
#include "segment_command.h"
#include "standard_streams.h"
#include "tune_command.h"
#include "usage.h"
#include "voices_command.h"

namespace {

constexpr const char* kNotes =
    "Exit codes: 0 done, 1 defect, 2 usage, 3 input, 4 audio, 5 model, 6 output, 7 device, 8 network, "
    "9 cancelled. 'diarize help COMMAND' tells more.";

int run(int argc, char** argv) {
  using namespace diar::cli;
  CLI::App app("Who spoke when: speaker diarization of any recording.", "diarize");
  CommandContext context;
  app.set_version_flag("--version", std::string("diarize ") + diar::version());
  app.require_subcommand(0, 1);
  set_help(app);
  add_diarize_command(app, context);
  add_live_command(app, context);
  add_segment_command(app, context);
  add_convert_command(app, context);
  add_score_command(app, context);
  add_report_command(app, context);
  add_assign_command(app, context);
  add_tune_command(app, context);
  add_voices_command(app, context);
  add_models_command(app, context);
  add_completion_command(app, context);
  add_man_page_command(app, context);
  // After the subcommands, which would inherit it.
  app.footer(kNotes);
  add_color_option(app);
  refuse_empty_values(app);
  const std::vector<std::string> words = with_plain_words({argv + 1, argv + argc});
  // Before the parser, whose own messages have colours too.
  set_color_mode(color_mode_in(words));
  try {
    // The parser takes them from the end.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    print_error(std::string(error.what()) + suggestion(app, words) + " (see diarize --help)");
    return static_cast<int>(diar::ErrorCode::kUsage);
  }
  return context.exit_code;
}

// Who read standard output has gone, as `head` does: no failure that anybody wants to hear of.
bool reader_has_gone() {
  pollfd stream = {STDOUT_FILENO, POLLOUT, 0};
  return poll(&stream, 1, 0) == 1 && (stream.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  using diar::cli::print_error;
  diar::cli::hold_standard_streams();
  diar::cli::install_interrupt_handler();
  try {
    const int code = run(std::max(argc, 1), argv);
    diar::cli::begin_ending();
    std::cout.flush();
    if (code == 0 && !std::cout) {
      if (diar::cli::interrupted()) throw diar::Cancelled();
      if (reader_has_gone()) return 128 + SIGPIPE;
      print_error("cannot write to standard output: is the disk full or the pipe closed?");
      return static_cast<int>(diar::ErrorCode::kOutput);
    }
    return code;
  } catch (const diar::Error& error) {
    diar::cli::begin_ending();
    // What a signal broke is no other failure.
    const bool cancelled = diar::cli::interrupted();
    if (cancelled) diar::cli::note_said();
    print_error(cancelled ? diar::Cancelled().what() : diar::cli::with_hint(error));
    return cancelled ? diar::Cancelled().exit_code() : error.exit_code();
  } catch (const std::bad_alloc&) {
    print_error("out of memory: try fewer --threads");
  } catch (const std::exception& error) {
    print_error(std::string("internal error, please report it: ") + error.what());
  }
  return static_cast<int>(diar::ErrorCode::kInternal);
}
