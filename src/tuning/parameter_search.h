// An error as a function of four parameters in, where it is smallest out.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "diar/tuning.h"

namespace diar {

using ParameterError = std::function<DiarizationErrorRate(const PipelineParameters&)>;

/// The model's own set first, then random ones over the ranges until half of `options.num_trials`, then steps
/// of one parameter at a time from the best set, halved when none helps; what trials are left go to random
/// sets again. No set is tried twice. Deterministic. Throws `Cancelled`.
TuningResult search_parameters(const PipelineParameters& initial, const ParameterError& error,
                               const TuningOptions& options, const TrialCallback& on_trial);

}  // namespace diar
