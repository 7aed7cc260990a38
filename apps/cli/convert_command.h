// `diarize convert`: results from one file format into others, names applied on the way.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_convert_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
