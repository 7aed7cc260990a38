// The name of an environment variable in, its value out.
#pragma once

#include <string>

namespace diar {

/// Empty when it is not set.
std::string environment(const char* name);

}  // namespace diar
