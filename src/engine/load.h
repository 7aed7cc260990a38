// The PLDA of a model directory, as the scoring wants it.
#pragma once

#include "clustering/plda.h"
#include "models/model_directory.h"

namespace diar {

/// Throws `ModelError` naming the array that is missing or mis-shaped; `dimension` is that of the embeddings.
PldaParameters plda_parameters(const Weights& xvec_transform, const Weights& plda, std::size_t dimension);

}  // namespace diar
