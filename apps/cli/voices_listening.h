// Those commands of `voices` that listen to recordings: add, identify, suggest.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_listening_commands(CLI::App& voices, CommandContext& context);

}  // namespace diar::cli
