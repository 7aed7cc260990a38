// What a model directory holds, as the pipeline wants it.
#pragma once

#include "clustering/plda.h"
#include "models/model_directory.h"
#include "session/diarization.h"

namespace diar {

PipelineConfig pipeline_config(const ModelConfig& config);
/// Throws `ModelError` naming the array that is missing or mis-shaped; `dimension` is that of the embeddings.
PldaParameters plda_parameters(const Weights& xvec_transform, const Weights& plda, std::size_t dimension);

}  // namespace diar
