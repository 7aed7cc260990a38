// Which instruction set the kernels run on; chosen once, at the first use.
#pragma once

#include <string>

namespace diar {

/// Chooses the best instruction set of this machine, or at most the one named by the environment variable
/// DIAR_SIMD (ssse3, sse4, avx2, avx512, neon, ...; case does not matter). Every kernel calls it; thread-safe
/// and cheap. Throws `InvalidArgument` on a name that is unknown or not available here.
void choose_instruction_set();
/// Whether kernels may multiply in bfloat16 with float32 sums: the processor has AVX512-BF16 and is faster with
/// it (AMD's are, Intel's are not), and the chosen set is AVX-512. The environment variable DIAR_BF16 decides
/// instead: 0 never, 1 wherever the instructions are. Thread-safe and cheap. Throws `InvalidArgument` when
/// DIAR_BF16 is something else, or 1 where there is no such instruction.
bool has_bf16_products();
/// "AVX2", "NEON", ...
std::string instruction_set_name();

}  // namespace diar
