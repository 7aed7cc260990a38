# Puts models/manifest.json into the library, so that an installed program needs no file beside it.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/models/manifest.json)
file(READ ${PROJECT_SOURCE_DIR}/models/manifest.json DIAR_MANIFEST_TEXT)
# A literal may hold 64 KiB at most in a strictly conforming compiler.
string(LENGTH "${DIAR_MANIFEST_TEXT}" length)
if(length GREATER 60000)
  message(FATAL_ERROR "models/manifest.json is too long for one literal")
endif()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/builtin_manifest.cc @ONLY CONTENT
"#include \"hub/manifest.h\"

namespace diar {

const char* builtin_manifest() noexcept {
  return R\"manifest(@DIAR_MANIFEST_TEXT@)manifest\";
}

}  // namespace diar
")
