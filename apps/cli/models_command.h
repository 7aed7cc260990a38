// `diarize models`: the sets there are, fetching, checking, finding and removing them.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_models_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
