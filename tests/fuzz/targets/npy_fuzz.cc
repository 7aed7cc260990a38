// One .npy member.
#include "models/npy.h"

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const fuzz::Input input = fuzz::input_of(data, size);
  fuzz::expect_only<ModelError>(
      [&] { fuzz::use_tensor(parse_npy(input.bytes, input.owner, "tensor 'x' in fuzz.npz")); });
  return 0;
}
