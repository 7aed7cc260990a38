#include "command_context.h"

#include <csignal>
#include <iostream>

#include "diar/hub/model_store.h"

namespace diar::cli {
namespace {

volatile std::sig_atomic_t interrupt_seen = 0;

extern "C" void on_interrupt(int) {
  interrupt_seen = 1;
}

}  // namespace

bool interrupted() noexcept {
  return interrupt_seen != 0;
}

void install_interrupt_handler() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  // A second signal meets the default handler, so that nobody has to wait for a stuck run.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Writing into a closed pipe then fails with an error that we report, instead of killing the process.
  std::signal(SIGPIPE, SIG_IGN);
  // The same for a file that outgrows the user's limit.
  std::signal(SIGXFSZ, SIG_IGN);
}

std::string with_hint(const Error& error) {
  const auto* missing = dynamic_cast<const ModelNotInstalled*>(&error);
  if (missing == nullptr) return error.what();
  const std::string pull =
      missing->name().empty() ? "" : "run 'diarize models pull " + missing->name() + "', or ";
  return std::string(error.what()) + ": " + pull +
         "give a directory with --model ('diarize models list' shows what there is)";
}

void print_error(const std::string& message) {
  std::cerr << "diarize: " << message << '\n';
}

}  // namespace diar::cli
