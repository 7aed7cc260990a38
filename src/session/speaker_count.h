// Activity of all windows in, the number of speakers of each frame out.
#pragma once

#include <cstdint>
#include <vector>

#include "assign/activity.h"

namespace diar {

/// How many speak in each frame: the mean over the windows that cover it, rounded half to even as numpy's
/// rint. [num_frames]
std::vector<std::uint8_t> count_speakers(const Activity& activity);

}  // namespace diar
