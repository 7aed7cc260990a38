// `diarize segment`: speech and overlap of a recording, for which a segmentation network alone is enough.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_segment_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
