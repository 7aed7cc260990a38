#include "pipeline/speed.h"

#include <array>
#include <utility>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::array<std::pair<Speed, std::string_view>, 3> kNames = {
    {{Speed::kExact, "exact"}, {Speed::kFast, "fast"}, {Speed::kFaster, "faster"}}};

}  // namespace

std::string_view to_string(Speed speed) noexcept {
  for (const auto& [value, name] : kNames) {
    if (value == speed) return name;
  }
  return "";
}

Speed parse_speed(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  throw InvalidArgument("unknown speed '" + std::string(name) + "': exact, fast or faster");
}

// docs/performance.md, "Modes", has the measurements behind these numbers.
SpeedPlan speed_plan(Speed speed) {
  switch (speed) {
    case Speed::kExact:
      return {};
    case Speed::kFast:
      return {StretchPlan{}, 1.0, false};
    case Speed::kFaster:
      return {StretchPlan{}, 3.0, true};
  }
  throw InvalidArgument("a speed that does not exist");
}

}  // namespace diar
