#include "nn/log_softmax.h"

#include <algorithm>
#include <cmath>

namespace diar::nn {

void log_softmax(const float* logits, std::size_t step, std::span<float> log_probs) {
  float best = logits[0];
  for (std::size_t k = 1; k < log_probs.size(); ++k) best = std::max(best, logits[k * step]);
  double total = 0.0;
  for (std::size_t k = 0; k < log_probs.size(); ++k)
    total += std::exp(static_cast<double>(logits[k * step] - best));
  const auto log_total = static_cast<float>(std::log(total));
  for (std::size_t k = 0; k < log_probs.size(); ++k) log_probs[k] = logits[k * step] - best - log_total;
}

}  // namespace diar::nn
