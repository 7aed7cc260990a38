// CAM++ weights in, a speaker encoder out.
#pragma once

#include <memory>

#include "core/executor.h"
#include "core/tensor.h"
#include "diar/networks.h"

namespace diar {

/// On the CPU. A speaker's embedding is that of the feature frames that their mask hears, cut together and
/// minus their mean: CAM++ averages over everything it is given, so that what others say and silence would
/// colour it. For the same reason windows share nothing but their filter banks, and there is no stream.
/// `mixed`: products of bfloat16 where the processor has them. `weights` as `recognise_network` gives them.
/// Throws `ModelError`.
std::unique_ptr<SpeakerEncoder> make_campplus_encoder(const Weights& weights,
                                                      std::shared_ptr<const Executor> executor,
                                                      bool mixed = false);

}  // namespace diar
