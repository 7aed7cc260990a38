// Which instruction set the kernels run on; chosen once, at the first use.
#pragma once

#include <string>

namespace diar::nn {

/// Chooses the best instruction set of this machine, or at most the one named by the environment variable
/// DIAR_SIMD (ssse3, sse4, avx2, avx512, neon, ...; case does not matter). Every kernel calls it; thread-safe
/// and cheap. Throws `InvalidArgument` on a name that is unknown or not available here.
void choose_instruction_set();
/// "AVX2", "NEON", ...
std::string instruction_set_name();

}  // namespace diar::nn
