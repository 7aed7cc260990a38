// A model's numbers and a session's options in, one plan out: the only place where they meet.
#pragma once

#include "core/run_plan.h"
#include "diar/networks.h"
#include "diar/session.h"
#include "models/model_directory.h"

namespace diar {

/// `encoder` may be null (segmentation alone). Throws `InvalidArgument` on options that contradict each
/// other, lie outside their range or ask for what the networks or the precision cannot do.
RunPlan resolve_plan(const ModelConfig& config, Precision precision, const SegmentationNetwork& segmentation,
                     const SpeakerEncoder* encoder, const SessionOptions& options);

}  // namespace diar
