// `diarize models import`: files that lie on this machine into the sets that need them.
#pragma once

#include "command_context.h"

namespace diar::cli {

/// Adds `import` to the models command.
void add_import_command(CLI::App& models, CommandContext& context);

}  // namespace diar::cli
