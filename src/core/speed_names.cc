// The modes under the names that people and files give them.
#include <array>
#include <utility>

#include "diar/errors.h"
#include "diar/pipeline.h"

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

}  // namespace diar
