// The voices command: people enrolled, listed, found and forgotten.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_voices_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
