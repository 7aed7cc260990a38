#include "diar/version.h"

#define DIAR_TEXT_OF(value) #value
#define DIAR_TEXT(value) DIAR_TEXT_OF(value)

namespace diar {

const char* version() noexcept {
  return DIAR_TEXT(DIAR_VERSION_MAJOR) "." DIAR_TEXT(DIAR_VERSION_MINOR) "." DIAR_TEXT(DIAR_VERSION_PATCH);
}

}  // namespace diar
