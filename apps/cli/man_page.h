// A command's guide in, its manual page (roff with man macros) out.
#pragma once

#include <string>

#include "command_context.h"
#include "command_guide.h"

namespace diar::cli {

std::string man_page(const CommandGuide& guide);

/// `diarize man-page`, which the build calls: prints diarize.1. Hidden in the help.
void add_man_page_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
