// `diarize assign`: puts speakers on a transcript.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_assign_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
