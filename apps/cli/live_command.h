// The subcommand `diarize live`: a stream that goes on in, who speaks now out.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_live_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
