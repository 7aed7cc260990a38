// Included by tests of bfloat16 products: they run wherever the processor has the instructions, also where float32
// is faster and the program would not choose them.
#pragma once

#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/bfloat16.h"

namespace diar {

// An answer of the caller's own stays, and sets below AVX-512 have none.
inline const bool kBf16IsTested = [] {
#if defined(__x86_64__) && defined(__GNUC__)
  const char* set = std::getenv("DIAR_SIMD");
  const std::string_view name = set == nullptr ? "" : set;
  if ((name.empty() || name.substr(0, 6) == "avx512") && __builtin_cpu_supports("avx512bf16"))
    return setenv("DIAR_BF16", "1", 0) == 0;
#endif
  return false;
}();

/// What such products make of values before they multiply them.
inline std::vector<float> rounded_to_bfloat(std::vector<float> values) {
  for (float& value : values) value = bfloat_to_float(float_to_bfloat(value));
  return values;
}

}  // namespace diar
