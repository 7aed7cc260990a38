// A whole ONNX file: its graph, its layers, and whether they are a network of ours.
#include "models/onnx.h"

#include "fuzz_target.h"
#include "models/layout.h"
#include "models/network_shapes.h"
#include "models/onnx_layers.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const fuzz::Input input = fuzz::input_of(data, size);
  fuzz::expect_only<ModelError>([&] {
    const Weights weights = parse_onnx(input.bytes, input.owner, "fuzz.onnx");
    fuzz::use_weights(weights);
    const Weights network = recognise_network(weights).weights;
    check_network_values(network);
  });
  return 0;
}
