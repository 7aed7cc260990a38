// Layers of the CPU backend beside PyTorch: the same weights and inputs, recorded outputs.
#include "golden_data.h"
#include "networks/pyannet/geometry.h"
#include "networks/resnet34/cpu_block.h"

namespace diar::cpu {
namespace {

TEST(InstanceNorm, OfTheWaveformIsPyTorchs) {
  const Weights file = golden::unit("instance_norm");
  const auto x = file.at("x0").to_float();
  const auto expected = file.at("y0").to_double();
  const Affine affine = waveform_norm(x, file.at("weight0").to_float()[0], file.at("bias0").to_float()[0]);
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(x[i] * affine.gain + affine.offset, expected[i], 1e-5) << i;
}

struct BlockCase {
  const char* tag;
  std::size_t in;
  std::size_t out;
  std::size_t stride;
};

class BasicBlockCase : public ::testing::TestWithParam<BlockCase> {};

TEST_P(BasicBlockCase, IsPyannotes) {
  const auto& [tag, in, out, stride] = GetParam();
  const Weights file = golden::unit("resnet_blocks");
  const Tensor& x = file.at(std::string(tag) + ".x");  // [C, frequency, time]
  const Tensor& y = file.at(std::string(tag) + ".y");
  const PackedBlock block = pack(read_resnet_block(file, {tag, in, out, stride}));
  BlockImages images;
  images.x.reshape(x.shape[2], x.shape[1], nn::padded_channels(in));
  const auto values = x.to_float();
  for (std::size_t time = 0; time < x.shape[2]; ++time) {
    for (std::size_t row = 0; row < x.shape[1]; ++row) {
      float* pixel = images.x.at(static_cast<long>(time), static_cast<long>(row));
      std::fill_n(pixel, nn::padded_channels(in), 0.0f);
      for (std::size_t c = 0; c < in; ++c) pixel[c] = values[(c * x.shape[1] + row) * x.shape[2] + time];
    }
  }
  run_block(block, images);
  ASSERT_EQ(images.x.rows(), y.shape[2]);
  ASSERT_EQ(images.x.columns(), y.shape[1]);
  const auto expected = y.to_double();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t time = i % y.shape[2];
    const std::size_t row = i / y.shape[2] % y.shape[1];
    const float ours =
        images.x.at(static_cast<long>(time), static_cast<long>(row))[i / y.shape[2] / y.shape[1]];
    ASSERT_NEAR(ours, expected[i], 1e-4) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Pyannote, BasicBlockCase,
                         ::testing::Values(BlockCase{"same", 8, 8, 1}, BlockCase{"down", 8, 16, 2},
                                           BlockCase{"even", 8, 16, 2}),
                         [](const auto& tested) { return std::string(tested.param.tag); });

}  // namespace
}  // namespace diar::cpu
