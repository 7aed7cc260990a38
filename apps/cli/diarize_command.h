// The main job: audio files in, turns on the screen and RTTM files out.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_diarize_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
