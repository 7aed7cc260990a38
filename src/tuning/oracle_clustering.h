// Activity and the true turns in, the clusters that a perfect clustering would find out: the ceiling of a
// segmentation.
#pragma once

#include <cstdint>
#include <vector>

#include "assign/activity.h"
#include "diar/annotation.h"

namespace diar {

/// In each window local speakers are assigned to the reference's, one to one, so that the frames in which
/// both talk are the most; a frame counts for a turn that holds its middle. [windows, local speakers]: index
/// into `reference.speakers()`, kNobody for local speakers who share no frame with the speaker left for them.
std::vector<std::int32_t> cluster_by_reference(const Activity& activity, const Annotation& reference);

}  // namespace diar
