// The networks on this project's own CPU kernels.
#pragma once

#include <memory>
#include <string>

#include "core/tensor.h"
#include "diar/models.h"

namespace diar::cpu {

/// `num_threads` 0: one for each core the process may use. Windows of a batch are spread over the threads.
std::unique_ptr<SegmentationModel> make_segmentation_model(const Weights& weights, int num_threads);
/// `mixed`: products of bfloat16 in the trunk where `has_bf16_products`.
std::unique_ptr<EmbeddingModel> make_embedding_model(const Weights& weights, int num_threads,
                                                     bool mixed = false);
/// Instruction set in use: "AVX2", "NEON", ...
std::string instruction_set();
bool has_bf16_products();

}  // namespace diar::cpu
