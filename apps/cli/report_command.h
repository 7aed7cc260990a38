// `diarize report`: the page and the plot of turns that are there already, without running any network.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_report_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
