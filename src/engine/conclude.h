// What the networks said in, the result out, with reports to the caller in between.
#pragma once

#include "core/run_plan.h"
#include "diar/diarization.h"
#include "diar/networks.h"
#include "diar/progress.h"
#include "session/network_output.h"

namespace diar {

/// `assign_and_reconstruct` in the calling thread. `on_progress` hears of it now and then; false throws
/// `Cancelled`.
DiarizationOutput conclude(const NetworkOutput& networks, const SpeakerScoring& scoring, RunPlan plan,
                           const ProgressCallback& on_progress);

}  // namespace diar
