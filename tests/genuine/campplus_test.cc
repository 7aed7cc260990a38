// The genuine CAM++ checkpoint against what PyTorch computes with it (tools/golden/campplus.py).
#include <cmath>
#include <string>
#include <vector>

#include "golden_data.h"
#include "hub/sha256.h"
#include "models/layout.h"
#include "networks/campplus/cpu.h"
#include "test_paths.h"

namespace diar {
namespace {

const std::filesystem::path kCampplus = DIAR_GENUINE_CAMPPLUS;

std::vector<float> formula(std::size_t num_frames) {
  std::vector<float> features(num_frames * kCampplusMels);
  for (std::size_t i = 0; i < features.size(); ++i)
    features[i] =
        static_cast<float>(3.0 * std::sin(0.37 * static_cast<double>(i) * static_cast<double>(i % 13 + 1)));
  return features;
}

// tests/CMakeLists.txt registers this one only where tools/genuine_campplus.sh brought the file.
TEST(GenuineCampplus, IsPyTorchs) {
  ASSERT_EQ(sha256_of_file(kCampplus), "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199");
  const Weights weights = recognise_network(read_weight_file(kCampplus), Network::kEmbedding).weights;
  const cpu::Campplus network(read_campplus_weights(weights));
  ASSERT_EQ(network.dimension(), 192u);
  const Weights expected_of = golden::unit("campplus");
  cpu::CampplusScratch scratch;
  for (const std::size_t num_frames : {57, 200, 431}) {
    const auto expected = expected_of.at("frames_" + std::to_string(num_frames)).to_double();
    std::vector<float> embedding(192);
    network.embed(formula(num_frames), scratch, embedding);
    double largest = 0.0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    // Float32 against double over some 70 layers; PyTorch's own float32 is as far away.
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(embedding[i], expected[i], 2e-5 * largest) << num_frames << ' ' << i;
  }
}

}  // namespace
}  // namespace diar
