#include "core/instruction_set.h"

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "diar/errors.h"

namespace diar {
namespace {

// Names as a user would write them; the first of several is the one shown.
constexpr std::array kNames = {
#if HWY_ARCH_X86
    std::pair{"avx512_dl", std::int64_t{HWY_AVX3_DL}}, std::pair{"avx512", std::int64_t{HWY_AVX3}},
    std::pair{"avx2", std::int64_t{HWY_AVX2}},         std::pair{"sse4", std::int64_t{HWY_SSE4}},
    std::pair{"ssse3", std::int64_t{HWY_SSSE3}},
#elif HWY_ARCH_ARM
    std::pair{"neon", std::int64_t{HWY_NEON}},
#else
    std::pair{"baseline", std::int64_t{HWY_STATIC_TARGET}},
#endif
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// What this machine has among the sets that are compiled in (SVE is not).
std::int64_t usable_targets() {
  const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return targets != 0 ? targets : std::int64_t{HWY_STATIC_TARGET};
}

// Lower bits are better sets, so "at most this one" is every bit from it upwards.
std::int64_t allowed_targets(const std::string& wanted) {
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.first == wanted; });
  if (found == kNames.end() || (usable_targets() & found->second) == 0) {
    throw InvalidArgument("DIAR_SIMD=" + wanted + " is not an instruction set of this machine");
  }
  return usable_targets() & ~(found->second - 1);
}

bool choose() {
  if (const char* wanted = std::getenv("DIAR_SIMD"); wanted != nullptr && *wanted != '\0') {
    hwy::SetSupportedTargetsForTest(allowed_targets(lower(wanted)));
  }
  hwy::GetChosenTarget().Update(usable_targets());
  return true;
}

bool choose_bf16() {
  bool available = false;
  bool worthwhile = false;
#if HWY_ARCH_X86
  const std::int64_t supported = usable_targets();
  // Better sets are lower bits.
  available = (supported & -supported) <= HWY_AVX3 && __builtin_cpu_supports("avx512bf16") != 0;
  // Intel's cores do one such instruction every second cycle, half of what their two float32 units do.
  worthwhile = available && __builtin_cpu_is("amd") != 0;
#endif
  const char* text = std::getenv("DIAR_BF16");
  const std::string wanted = text == nullptr ? "" : text;
  if (wanted.empty()) return worthwhile;
  if (wanted == "0") return false;
  if (wanted != "1") throw InvalidArgument("DIAR_BF16=" + wanted + " is neither 0 nor 1");
  if (!available)
    throw InvalidArgument("DIAR_BF16=1, but this machine or DIAR_SIMD has no bfloat16 products");
  return true;
}

}  // namespace

bool has_bf16_products() {
  choose_instruction_set();
  static const bool has = choose_bf16();
  return has;
}

void choose_instruction_set() {
  // A function's static is initialised by one thread; if it throws, the next call tries again.
  static const bool chosen = choose();
  static_cast<void>(chosen);
}

std::string instruction_set_name() {
  choose_instruction_set();
  const std::int64_t supported = usable_targets();
  const std::int64_t best = supported & -supported;
  std::string name = hwy::TargetName(best);
  return name == "AVX3" ? "AVX-512" : name == "AVX3_DL" ? "AVX-512 (DL)" : name;
}

}  // namespace diar
