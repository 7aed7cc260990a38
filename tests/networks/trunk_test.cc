// The two halves of ResNet34::run compared with the whole, on every backend of this build.
#include <gtest/gtest.h>

#include <cmath>

#include "bf16_products.h"
#include "core/instruction_set.h"
#include "diar/errors.h"
#include "models/model_directory.h"
#include "networks/backend_fixture.h"
#include "nn/kernels/stats_pool.h"
#include "test_paths.h"

namespace diar::backend_test {
namespace {

constexpr std::size_t kMels = 80;
constexpr std::size_t kMasks = 3;

std::vector<float> trunk_of(const ResNet34& model, std::span<const float> features) {
  const TrunkShape shape = model.trunk_shape();
  const std::size_t num_frames = (features.size() / kMels + shape.stride - 1) / shape.stride;
  std::vector<float> frames(num_frames * shape.channels);
  const TrunkSegment segment{features, frames};
  model.run_trunk({&segment, 1});
  return frames;
}

class TrunkLengths : public ::testing::TestWithParam<std::size_t> {};

// Masks: everything, a part, one frame.
TEST_P(TrunkLengths, TrunkThenPoolIsRun) {
  const auto model = embedding({.device = Device::kCpu, .num_threads = 2});
  const std::size_t num_features = GetParam();
  constexpr std::size_t kMaskFrames = 37;
  const auto features = noise(num_features * kMels, 3.0f, num_features);
  std::vector<float> masks(kMasks * kMaskFrames, 0.0f);
  std::fill_n(masks.begin(), kMaskFrames, 1.0f);
  std::fill_n(masks.begin() + kMaskFrames, 20, 0.5f);
  masks[2 * kMaskFrames] = 1.0f;
  std::vector<float> expected(kMasks * model->dimension());
  model->run({features, masks, 1, num_features, kMasks, kMaskFrames}, expected);

  const auto frames = trunk_of(*model, features);
  std::vector<float> weights;
  for (std::size_t mask = 0; mask < kMasks; ++mask) {
    const auto resized = nn::resize_nearest(std::span(masks).subspan(mask * kMaskFrames, kMaskFrames),
                                            frames.size() / model->trunk_shape().channels);
    weights.insert(weights.end(), resized.begin(), resized.end());
  }
  std::vector<float> ours(expected.size());
  const PooledWindow window{frames, weights, ours};
  model->pool({&window, 1});
  // The frames are the same; the last layer adds its 1280 products in another order, in float.
  EXPECT_LE(largest_difference(ours, expected), 2e-5f);
}

// Around the strides of the network and the tiles of its convolutions.
INSTANTIATE_TEST_SUITE_P(Lengths, TrunkLengths, ::testing::Values(1, 7, 8, 9, 61, 64, 65, 160));

TEST(Trunk, SegmentsDoNotDependOnEachOther) {
  const auto model = embedding({.device = Device::kCpu, .num_threads = 3});
  const auto alone = embedding({.device = Device::kCpu, .num_threads = 1});
  const std::size_t channels = model->trunk_shape().channels;
  std::vector<std::vector<float>> features;
  std::vector<std::vector<float>> frames;
  for (const std::size_t length : {64, 8, 100, 33, 64}) {
    features.push_back(noise(length * kMels, 3.0f, length + features.size()));
    frames.emplace_back((length + 7) / 8 * channels);
  }
  std::vector<TrunkSegment> segments;
  for (std::size_t i = 0; i < features.size(); ++i) segments.push_back({features[i], frames[i]});
  model->run_trunk(segments);
  for (std::size_t i = 0; i < features.size(); ++i) EXPECT_EQ(frames[i], trunk_of(*alone, features[i])) << i;
}

TEST(Trunk, MixedPrecisionIsCloseAndOnlyWhereTheProcessorHasIt) {
  // A trained model: random weights amplify every difference.
  const std::filesystem::path trained = std::filesystem::path(DIAR_TEST_DATA) / "resnet34";
  const Weights weights = *read_model_directory(trained, ModelParts::kEmbedding).embedding;
  const auto whole = resnet34(weights, {.device = Device::kCpu, .num_threads = 1});
  const auto mixed =
      resnet34(weights, {.device = Device::kCpu, .num_threads = 2, .precision = Precision::kMixed});
  const auto features = noise(165 * kMels, 3.0f, 9);
  const auto exact = trunk_of(*whole, features);
  const auto ours = trunk_of(*mixed, features);
  ASSERT_EQ(ours.size(), exact.size());
  if (!has_bf16_products()) {
    EXPECT_EQ(ours, exact);
    return;
  }
  double error = 0.0, norm = 0.0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    error += std::pow(static_cast<double>(ours[i]) - static_cast<double>(exact[i]), 2.0);
    norm += std::pow(static_cast<double>(exact[i]), 2.0);
  }
  // One convolution is a hundredth away; the blocks' sums carry most of the signal past the next one.
  EXPECT_LT(std::sqrt(error / norm), 0.03);
  EXPECT_GT(std::sqrt(error / norm), 1e-4);
}

TEST(Trunk, AnEmptyMaskGivesTheBias) {
  const auto model = embedding({.device = Device::kCpu});
  const auto frames = trunk_of(*model, noise(40 * kMels, 3.0f, 5));
  const std::vector<float> weights(5, 0.0f);
  std::vector<float> ours(model->dimension());
  const PooledWindow window{frames, weights, ours};
  model->pool({&window, 1});
  const auto bias = read_weight_file(golden_models() / "m8a" / "embedding" / "weights.npz")
                        .floats("resnet.seg_1.bias", {model->dimension()});
  EXPECT_EQ(ours, bias);
}

TEST(Trunk, SpansThatDoNotFitAreRefused) {
  const auto model = embedding({.device = Device::kCpu});
  const TrunkShape shape = model->trunk_shape();
  std::vector<float> features(16 * kMels);
  std::vector<float> frames(2 * shape.channels);
  std::vector<float> weights(2);
  std::vector<float> values(model->dimension());
  const auto run_trunk = [&](TrunkSegment segment) { model->run_trunk({&segment, 1}); };
  const auto pool = [&](PooledWindow window) { model->pool({&window, 1}); };
  EXPECT_NO_THROW(run_trunk({features, frames}));
  EXPECT_NO_THROW(pool({frames, weights, values}));
  EXPECT_THROW(run_trunk({std::span(features).first(79), frames}), InvalidArgument);
  EXPECT_THROW(run_trunk({{}, {}}), InvalidArgument);
  EXPECT_THROW(run_trunk({features, std::span(frames).first(shape.channels)}), InvalidArgument);
  EXPECT_THROW(pool({std::span(frames).first(5), weights, values}), InvalidArgument);
  EXPECT_THROW(pool({frames, std::span(weights).first(1), values}), InvalidArgument);
  EXPECT_THROW(pool({frames, weights, std::span(values).first(9)}), InvalidArgument);
}

// A network of somebody's own that knows `run` only.
class WholeOnly : public ResNet34 {
 public:
  std::size_t dimension() const override { return 1; }
  std::size_t preferred_batch() const override { return 1; }
  void run(const FeatureBatch&, std::span<float>) const override {}
};

TEST(Trunk, AModelNeedNotHaveOne) {
  const WholeOnly model;
  EXPECT_EQ(model.trunk_shape().stride, 0u);
  EXPECT_THROW(model.run_trunk({}), InvalidArgument);
  EXPECT_THROW(model.pool({}), InvalidArgument);
}

}  // namespace
}  // namespace diar::backend_test
