// A whole .npz file.
#include "models/npz.h"

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const fuzz::Input input = fuzz::input_of(data, size);
  fuzz::expect_only<ModelError>([&] { fuzz::use_weights(parse_npz(input.bytes, input.owner, "fuzz.npz")); });
  return 0;
}
