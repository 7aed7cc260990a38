// Weights of a model directory in, its PLDA as the scoring wants it and its encoder's identity out.
#pragma once

#include <string>

#include "clustering/plda.h"
#include "models/model_directory.h"

namespace diar {

/// Throws `ModelError` naming the array that is missing or mis-shaped; `dimension` is that of the embeddings.
PldaParameters plda_parameters(const PldaFiles& files, std::size_t dimension);

/// `Engine::encoder_id` of the embedding network with these weights.
std::string encoder_identity(const Weights& embedding, const std::string& network);

}  // namespace diar
