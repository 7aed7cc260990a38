// diarize models info and convert: what weight files hold, and the same weights in another format.
#pragma once

#include "command_context.h"

namespace diar::cli {

/// Adds `info` and `convert` to the models command.
void add_model_files_commands(CLI::App& models, CommandContext& context);

}  // namespace diar::cli
