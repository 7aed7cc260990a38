// Recordings in, what the networks say of a window that ends each half second out, as files for other
// clusterings.
#pragma once

#include <diar/networks.h>

#include <string>
#include <vector>

namespace diar::live_bench {

/// Windows end at half a second, one second and so on; what lies before the recording is zeros. For each
/// recording in `folder`: STEM.json (sizes), STEM.bits (uint8 [windows, frames], bit s for local speaker s)
/// and STEM.embeddings (float32 [windows, local speakers, dimension], NaN where nobody talks).
void export_windows(const std::string& model, const NetworkOptions& options, const std::string& memory,
                    const std::vector<std::string>& audio, const std::string& folder);

}  // namespace diar::live_bench
