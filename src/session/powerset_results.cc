// The public face of the powerset: vectors instead of spans, checked sizes.
#include <algorithm>
#include <cmath>

#include "diar/errors.h"
#include "diar/models.h"
#include "diar/powerset.h"
#include "session/powerset.h"

namespace diar {
namespace {

std::size_t frames_of(std::span<const float> log_probs) {
  if (log_probs.size() % kNumPowersetClasses != 0)
    throw InvalidArgument("log-probabilities come in sevens, one for each class of a frame");
  return log_probs.size() / kNumPowersetClasses;
}

}  // namespace

std::vector<float> class_probabilities(std::span<const float> log_probs) {
  std::vector<float> probabilities(frames_of(log_probs) * kNumPowersetClasses);
  std::transform(log_probs.begin(), log_probs.end(), probabilities.begin(),
                 [](float value) { return std::exp(value); });
  return probabilities;
}

std::vector<std::uint8_t> frame_decisions(std::span<const float> log_probs) {
  std::vector<std::uint8_t> bits(frames_of(log_probs));
  to_multilabel(log_probs, bits);
  return bits;
}

}  // namespace diar
