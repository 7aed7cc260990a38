#include "diar/version.h"

namespace diar {

const char* version() noexcept {
  return DIAR_VERSION;
}

}  // namespace diar
