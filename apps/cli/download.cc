#include "download.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <system_error>

#include "command_context.h"
#include "diar/errors.h"
#include "progress_bar.h"
#include "screen.h"

namespace diar::cli {
namespace {

namespace fs = std::filesystem;

// The first whole pipeline that needs no account.
std::optional<ModelSet> open_pipeline() {
  for (const ModelSet& set : list_models()) {
    if (set.pipeline && !set.gated && set.package.empty()) return set;
  }
  return std::nullopt;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Remembers "no", so that the question is asked once.
fs::path declined_note() {
  const std::string cache = environment("XDG_CACHE_HOME");
  const std::string home = environment("HOME");
  if (cache.empty() && home.empty()) return {};
  return (cache.empty() ? fs::path(home) / ".cache" : fs::path(cache)) / "diarize" / "model-offer-declined";
}

void remember_declined() {
  const fs::path note = declined_note();
  std::error_code ignored;
  if (note.empty() || !fs::create_directories(note.parent_path(), ignored)) {
    if (note.empty() || !fs::is_directory(note.parent_path(), ignored)) return;
  }
  std::ofstream(note) << "'diarize models pull' fetches a better model at any time\n";
}

bool may_ask() {
  std::error_code ignored;
  const fs::path note = declined_note();
  return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0 && !note.empty() &&
         !fs::exists(note, ignored) && hub_is_reachable();
}

// The pulled model, or nothing when the person would rather not or it did not work.
std::optional<ModelLocation> offer(const ModelSet& set, bool has_bundled) {
  std::cerr << "No model is installed" << (has_bundled ? " but the small bundled one" : "") << ". Fetch "
            << set.name << " now (" << megabytes(set.size_bytes) << ", " << set.licence << ", "
            << set.repository << ")? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (interrupted()) throw Cancelled();
  if (answer != "y" && answer != "Y" && answer != "yes") {
    remember_declined();
    return std::nullopt;
  }
  try {
    return download(set.name, false);
  } catch (const NetworkError& error) {
    print_error(error.what());
    return std::nullopt;
  }
}

}  // namespace

std::string megabytes(std::uint64_t bytes) {
  if (bytes == 0) return "?";
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / 1e6 << " MB";
  return text.str();
}

ModelLocation download(const std::string& name, bool quiet) {
  ProgressBar bar("pull " + name, !quiet);
  PullOptions options;
  options.on_progress = [&](const DownloadProgress& progress) {
    bar.update({"bytes", static_cast<std::size_t>(progress.received_bytes),
                static_cast<std::size_t>(progress.total_bytes)});
    return !interrupted();
  };
  ModelLocation location = pull_model(name, options);
  bar.clear();
  if (!quiet) std::cerr << screen_text(location.name) << ": " << location.found_by << '\n';
  return location;
}

ModelLocation choose_model(const std::string& wanted, bool quiet) {
  std::optional<ModelLocation> found;
  try {
    found = find_model(wanted);
  } catch (const ModelError&) {
    // Without any model, pulling one is the way out; a wish that cannot be met stays an error.
    if (!wanted.empty() || !environment("DIARIZE_MODEL").empty() || quiet) throw;
  }
  if (quiet || (found && !found->is_fallback)) return *found;
  const std::optional<ModelSet> better = open_pipeline();
  if (better && may_ask()) {
    if (const auto pulled = offer(*better, found.has_value())) return *pulled;
  }
  return found ? *found : find_model(wanted);
}

void hint_better_model(const ModelLocation& used) {
  if (!used.is_fallback) return;
  if (const auto better = open_pipeline()) {
    std::cerr << "diarize: the small bundled model was used; 'diarize models pull " << better->name
              << "' fetches a better one (" << megabytes(better->size_bytes) << ")\n";
  }
}

}  // namespace diar::cli
