// A PLDA in, a scoring of embeddings out.
#pragma once

#include <memory>

#include "clustering/plda.h"
#include "diar/networks.h"

namespace diar {

/// Features as VBx wants them; scores are log-likelihood ratios of "one speaker" to "two", natural
/// logarithms.
std::shared_ptr<const SpeakerScoring> make_plda_scoring(const PldaParameters& parameters);

}  // namespace diar
