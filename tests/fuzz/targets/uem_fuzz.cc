// UEM text.
#include "diar/io/uem.h"

#include <cmath>
#include <sstream>

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  std::istringstream text(fuzz::text_of(data, size));
  fuzz::expect_only<InputError>([&] {
    for (const auto& [uri, regions] : read_uem(text, "fuzz.uem")) {
      fuzz::require(!uri.empty() && !regions.empty(), "that a recording has a name and regions");
      for (const Segment& region : regions) {
        fuzz::require(std::isfinite(region.end_s) && region.start_s >= 0.0 && region.end_s >= region.start_s,
                      "that a region runs forwards");
      }
    }
  });
  return 0;
}
