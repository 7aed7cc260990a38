// The start of a WAV file.
#include "io/audio/wav_header.h"

#include <cmath>
#include <sstream>

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  std::istringstream file(fuzz::text_of(data, size));
  const auto duration_s = wav_declared_duration_s(file);
  if (duration_s) fuzz::require(std::isfinite(*duration_s) && *duration_s > 0.0, "that a length is positive");
  return 0;
}
