// Logits of one frame in, logarithms of probabilities out.
#pragma once

#include <cstddef>
#include <span>

namespace diar::nn {

/// log p[k] = z[k] - max z - log sum exp(z - max z); z[k] = logits[k * step], k over all of `log_probs`.
void log_softmax(const float* logits, std::size_t step, std::span<float> log_probs);

}  // namespace diar::nn
