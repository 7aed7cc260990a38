// What a speaker encoder answers that shares nothing between windows.
#include "diar/networks.h"

namespace diar {

std::unique_ptr<EncoderStream> SpeakerEncoder::open_stream(const StreamPlan&) const {
  return nullptr;
}

}  // namespace diar
