// Where an annotation has speech, and where it has two or more speakers at once.
#pragma once

#include <cstddef>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"

namespace diar {

/// The maximal segments in which at least `min_speakers` different speakers talk, in order; touching ones are
/// joined. `min_speakers` 1 gives speech, 2 gives overlap. O(turns log turns).
DIAR_API std::vector<Segment> segments_with_speakers(const Annotation& annotation, std::size_t min_speakers);
/// Sum of the segments' durations.
DIAR_API double total_s(const std::vector<Segment>& segments) noexcept;

}  // namespace diar
