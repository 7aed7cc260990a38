// A whole safetensors file, and whether its tensors are a network of ours.
#include "models/safetensors.h"

#include "fuzz_target.h"
#include "models/layout.h"
#include "models/network_shapes.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const fuzz::Input input = fuzz::input_of(data, size);
  fuzz::expect_only<ModelError>([&] {
    const Weights weights = parse_safetensors(input.bytes, input.owner, "fuzz.safetensors");
    fuzz::use_weights(weights);
    const Weights network = recognise_network(weights).weights;
    fuzz::use_weights(network);
    check_network_values(network);
  });
  return 0;
}
