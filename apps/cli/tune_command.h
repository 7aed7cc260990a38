// The tune command: recordings with references in, a file of clustering parameters out.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_tune_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
