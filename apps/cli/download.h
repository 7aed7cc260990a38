// Pulling a model with a progress line, and offering to when no good one is there.
#pragma once

#include <cstdint>
#include <string>

#include "diar/hub/model_store.h"

namespace diar::cli {

/// "33.1 MB"; "?" for 0.
std::string megabytes(std::uint64_t bytes);

/// Pulls a set or repository; draws progress on a terminal. Throws as `pull_model` does.
ModelLocation download(const std::string& name, bool quiet);

/// `find_model` for the commands that run a model. When nothing was asked for and only the bundled model is
/// there (or none), it offers to pull a better one if a person sits at the terminal and the hub answers.
/// Silent when `quiet`. A declined offer is remembered.
ModelLocation choose_model(const std::string& wanted, bool quiet);
/// Says in one line how to get a better model if the bundled one was used; for the end of a run, so that an
/// error stays the only line.
void hint_better_model(const ModelLocation& used);

}  // namespace diar::cli
