# Language level, warnings and sanitizers, the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(diar_compiler INTERFACE)
# No -ffast-math and no contraction across statements: results must not depend on what the optimiser felt like.
target_compile_options(diar_compiler INTERFACE -Wall -Wextra -Wshadow -Wpedantic -ffp-contract=off)
# GCC 12 sees impossible copies inside std::string (its bug 105651).
target_compile_options(diar_compiler INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
# The kernels keep vectors in arrays, which SVE's cannot be: NEON it is, on every arm64 machine.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  target_compile_definitions(diar_compiler INTERFACE
    "HWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)")
endif()
if(DIAR_SANITIZE)
  target_compile_options(diar_compiler INTERFACE -fsanitize=${DIAR_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(diar_compiler INTERFACE -fsanitize=${DIAR_SANITIZE})
  if(DIAR_SANITIZE MATCHES "undefined")
    target_compile_options(diar_compiler INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
