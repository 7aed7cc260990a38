// `diarize score REF HYP`: the diarization error rate of a hypothesis.
#pragma once

#include "command_context.h"

namespace diar::cli {

void add_score_command(CLI::App& app, CommandContext& context);

}  // namespace diar::cli
