// A batch as a bar for people or as JSON lines for programs, on standard error.
#pragma once

#include <memory>
#include <string>

#include "batch.h"

namespace diar::cli {

/// `kind`: "bar", "json" or "none". Each one reports errors as they happen; `quiet` hides the bar.
std::unique_ptr<BatchObserver> make_batch_display(const std::string& kind, bool quiet);

}  // namespace diar::cli
