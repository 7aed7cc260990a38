// What the engine's CPU networks give for inputs that are given, with the weights of any file: for comparisons
// with onnxruntime (tools/parity/compare_onnx.py).
//   dump_onnx WEIGHTS INPUTS LENGTH OUT    float32 [inputs, LENGTH samples] -> [inputs, frames, 7], or
//   [inputs, LENGTH frames, 80] -> [inputs, D]
#include <diar/errors.h>

#include <iostream>
#include <vector>

#include "models/layout.h"
#include "models/layout_campplus.h"
#include "models/weight_file.h"
#include "networks/campplus/cpu.h"
#include "networks/pyannet/geometry.h"
#include "networks/pyannet/network.h"
#include "networks/resnet34/network.h"
#include "raw_file.h"

namespace {

using namespace diar;

std::vector<float> embeddings_of(const Weights& weights, const std::vector<float>& features,
                                 std::size_t num_frames) {
  const std::size_t num_inputs = features.size() / (num_frames * 80);
  if (is_campplus(weights)) {
    const cpu::Campplus network(read_campplus_weights(weights));
    cpu::CampplusScratch scratch;
    std::vector<float> out(num_inputs * network.dimension());
    for (std::size_t i = 0; i < num_inputs; ++i) {
      network.embed(std::span(features).subspan(i * num_frames * 80, num_frames * 80), scratch,
                    std::span(out).subspan(i * network.dimension(), network.dimension()));
    }
    return out;
  }
  const auto network = cpu::make_resnet34(weights, std::make_shared<const Executor>(1));
  const std::vector<float> masks(num_inputs * num_frames, 1.0f);
  std::vector<float> out(num_inputs * network->dimension());
  network->run({features, masks, num_inputs, num_frames, 1, num_frames}, out);
  return out;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::cerr << "usage: dump_onnx WEIGHTS INPUTS LENGTH OUT\n";
    return 2;
  }
  const NetworkWeights read = recognise_network(read_weight_file(argv[1]));
  const std::vector<float> inputs = parity::read_raw<float>(argv[2]);
  const std::size_t length = std::stoul(argv[3]);
  std::vector<float> values;
  if (read.layout.network == Network::kSegmentation) {
    const auto network = cpu::make_pyannet(read.weights, std::make_shared<const Executor>(1));
    values.resize(inputs.size() / length * network->num_frames(length) * kPyannetClasses);
    network->run({inputs, inputs.size() / length, length, length}, values);
  } else {
    values = embeddings_of(read.weights, inputs, length);
  }
  parity::write_raw(argv[4], values);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
