#include "session/powerset.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "diar/models.h"

namespace diar {

void to_multilabel(std::span<const float> log_probs, std::span<std::uint8_t> bits) {
  constexpr std::array<std::uint8_t, kNumPowersetClasses> kMembers = {0b000, 0b001, 0b010, 0b100,
                                                                      0b011, 0b101, 0b110};
  assert(log_probs.size() == bits.size() * kNumPowersetClasses);
  for (std::size_t frame = 0; frame < bits.size(); ++frame) {
    const float* row = log_probs.data() + frame * kNumPowersetClasses;
    bits[frame] = kMembers[static_cast<std::size_t>(std::max_element(row, row + kNumPowersetClasses) - row)];
  }
}

}  // namespace diar
