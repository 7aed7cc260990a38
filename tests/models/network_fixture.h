// The two networks of tests/data/golden, renamed and reordered as other tools have them, and what they
// compute.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "models/layout.h"
#include "models/tensor_types.h"
#include "models/weight_file.h"
#include "networks/pyannet/geometry.h"
#include "networks/pyannet/network.h"
#include "networks/resnet34/network.h"
#include "test_paths.h"

namespace diar::models_test {

inline Weights golden_weights(Network network) {
  const std::string folder = std::string(DIAR_TEST_DATA) + "/golden/models/";
  const Weights stored =
      read_weight_file(folder + (network == Network::kSegmentation ? "segmentation/weights.npz"
                                                                   : "m8a/embedding/weights.npz"));
  Weights weights(stored.source());
  // float32, so that sums of biases are not rounded to less.
  for (const auto& [name, tensor] : stored.tensors())
    weights.insert(name, tensor.dtype == DType::kFloat16 ? converted(tensor, DType::kFloat32, name) : tensor);
  return weights;
}

using Rename = std::function<std::string(const std::string&)>;

inline Weights renamed(const Weights& weights, const Rename& rename) {
  Weights out(weights.source());
  for (const auto& [name, tensor] : weights.tensors()) out.insert(rename(name), tensor);
  return out;
}

inline std::vector<float> noise(std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i * (i % 13 + 1))));
  return values;
}

/// What a network computes from fixed noise, on the CPU in one thread: equal weights give equal bits.
inline std::vector<float> output_of(const Weights& weights, Network network) {
  const auto executor = std::make_shared<const Executor>(1);
  if (network == Network::kSegmentation) {
    const auto model = cpu::make_pyannet(weights, executor);
    const std::vector<float> samples = noise(16000);
    std::vector<float> log_probs(model->num_frames(samples.size()) * kPyannetClasses);
    model->run({samples, 1, samples.size(), samples.size()}, log_probs);
    return log_probs;
  }
  const auto model = cpu::make_resnet34(weights, executor);
  constexpr std::size_t kFrames = 64;
  const std::vector<float> features = noise(kFrames * 80);
  const std::vector<float> masks(kFrames, 1.0f);
  std::vector<float> embedding(model->dimension());
  model->run({features, masks, 1, kFrames, 1, kFrames}, embedding);
  return embedding;
}

}  // namespace diar::models_test
