// How much a run computes, as a name.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "diar/export.h"

namespace diar {

/// Every mode but the first changes numbers; docs/performance.md, "Modes", has what each saves in time and
/// costs in errors.
enum class Speed {
  kExact,   ///< every window as pyannote.audio computes it
  kFast,    ///< windows share the speaker encoder's work; the segmentation is that of kExact
  kFaster,  ///< moreover three times the step, and VBx's fb divided by the step over the model's
};

/// All of them, in order.
DIAR_API std::span<const Speed> all_speeds() noexcept;
/// "exact", "fast" or "faster".
DIAR_API std::string_view to_string(Speed speed) noexcept;
/// Throws `InvalidArgument` that lists the names.
DIAR_API Speed parse_speed(std::string_view name);

}  // namespace diar
