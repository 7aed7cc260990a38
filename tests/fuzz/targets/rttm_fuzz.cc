// RTTM text; what was read is written and read again.
#include "diar/io/rttm.h"

#include <sstream>

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  std::istringstream text(fuzz::text_of(data, size));
  fuzz::expect_only<InputError>([&] {
    for (const Annotation& annotation : read_rttm(text, "fuzz.rttm")) {
      fuzz::require(!annotation.empty(), "that an annotation has turns");
      std::istringstream written(to_rttm(annotation, 9));
      const std::vector<Annotation> again = read_rttm(written, "written.rttm");
      fuzz::require(again.size() == 1 && again[0].uri() == annotation.uri() &&
                        again[0].turns().size() == annotation.turns().size(),
                    "that written RTTM reads back");
    }
  });
  return 0;
}
