// `diarize completion SHELL`: a completion script for bash, zsh or fish, made from the command's own options.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_completion_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
