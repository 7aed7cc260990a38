#include <array>

#include "core/speed_traits.h"
#include "diar/errors.h"

namespace diar {
namespace {

// docs/performance.md, "Modes", has the measurements behind these numbers.
constexpr std::array<SpeedTraits, 3> kTraits = {{
    {Speed::kExact, "exact", false, 1.0, 1.0, false, Precision::kFloat32},
    {Speed::kFast, "fast", true, 1.0, 2.0, false, Precision::kFloat32},
    {Speed::kFaster, "faster", true, 3.0, 3.0, true, Precision::kMixed},
}};

}  // namespace

std::span<const Speed> all_speeds() noexcept {
  static constexpr std::array<Speed, 3> kSpeeds = {kTraits[0].speed, kTraits[1].speed, kTraits[2].speed};
  return kSpeeds;
}

const SpeedTraits& speed_traits(Speed speed) {
  for (const SpeedTraits& traits : kTraits) {
    if (traits.speed == speed) return traits;
  }
  throw InvalidArgument("a speed that does not exist");
}

std::string_view to_string(Speed speed) noexcept {
  for (const SpeedTraits& traits : kTraits) {
    if (traits.speed == speed) return traits.name;
  }
  return "";
}

Speed parse_speed(std::string_view name) {
  std::string names;
  for (const SpeedTraits& traits : kTraits) {
    if (traits.name == name) return traits.speed;
    names += (names.empty() ? "" : ", ") + std::string(traits.name);
  }
  throw InvalidArgument("unknown speed '" + std::string(name) + "': choose one of " + names);
}

}  // namespace diar
