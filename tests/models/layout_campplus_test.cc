// CAM++ checkpoints under the names of the tools that write them.
#include "models/layout_campplus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "diar/errors.h"
#include "models/weight_file.h"
#include "models/weight_writer.h"
#include "networks/campplus_fixture.h"
#include "refusal.h"
#include "test_paths.h"

namespace diar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Weights& campplus() {
  static const Weights kept = campplus_test::random_weights(192, 7);
  return kept;
}

Tensor one() {
  return Tensor::from(std::vector<float>{1.0f}, {1});
}

Weights behind(const std::string& prefix) {
  Weights out("stored.pt");
  for (const auto& [name, tensor] : campplus().tensors()) out.insert(prefix + name, tensor);
  return out;
}

std::string refusal(const Weights& weights, std::optional<Network> wanted = std::nullopt) {
  return models_test::refusal([&] { recognise_network(weights, wanted); });
}

TEST(CampplusLayout, IsAnEmbedding) {
  for (const std::string prefix : {"", "model.", "embedding_model."}) {
    Weights stored = behind(prefix);
    stored.insert(prefix + "head.bn1.num_batches_tracked", one());
    stored.insert("optimizer.step", one());
    for (const std::optional<Network> wanted :
         {std::optional<Network>(), std::optional(Network::kEmbedding)}) {
      const NetworkWeights found = recognise_network(stored, wanted);
      EXPECT_EQ(found.layout.network, Network::kEmbedding);
      EXPECT_EQ(found.layout.prefix, prefix);
      EXPECT_TRUE(is_campplus(found.weights));
      EXPECT_EQ(found.weights.tensors().size(), campplus_tensor_names().size());
      EXPECT_TRUE(found.weights.metadata().empty());
    }
  }
}

TEST(CampplusLayout, OtherDepthsAreCounted) {
  const Weights small = campplus_test::random_weights(192, 7, {2, 3, 1}, {96, 96, 64});
  EXPECT_EQ(count_campplus_layers(small), (CampplusLayers{2, 3, 1}));
  EXPECT_EQ(recognise_network(small).weights.tensors().size(), small.tensors().size());
  Weights none("some.pt");
  for (const auto& [name, tensor] : small.tensors()) {
    if (!name.starts_with("xvector.block3.")) none.insert(name, tensor);
  }
  EXPECT_THAT(refusal(none), AllOf(HasSubstr("some.pt"), HasSubstr("stage 3 has no layer")));
  Weights deep = small;
  for (std::size_t layer = 0; layer <= kMaxCampplusLayers; ++layer)
    deep.insert(campplus_layer_name(1, layer) + ".linear1.weight", one());
  EXPECT_THAT(refusal(deep), HasSubstr("stage 2 has too many layers"));
}

// Of the two families, whose features differ, WeSpeaker's files keep the classifier of their training.
TEST(CampplusLayout, WeSpeakersIsTold) {
  Weights stored = behind("");
  stored.insert("projection.weight", one());
  const NetworkWeights found = recognise_network(stored);
  EXPECT_EQ(found.layout.naming, Naming::kWeSpeaker);
  EXPECT_EQ(found.weights.metadata().at(kCampplusFeatures), kCampplusFeaturesWeSpeaker);
  EXPECT_FALSE(found.weights.contains("projection.weight"));
  // Files that were written from it say so, without the classifier.
  Weights converted = behind("");
  converted.set_metadata({{kCampplusFeatures, kCampplusFeaturesWeSpeaker}});
  EXPECT_EQ(recognise_network(converted).weights.metadata().at(kCampplusFeatures),
            kCampplusFeaturesWeSpeaker);
}

TEST(CampplusLayout, WhatIsNotOursIsRefused) {
  EXPECT_THAT(refusal(campplus(), Network::kSegmentation),
              AllOf(HasSubstr("not a PyanNet"), HasSubstr("but a CAM++")));
  for (const char* part : {"xvector.block1.tdnnd14.linear1.weight", "head.layer1.2.conv1.weight",
                           "xvector.block1.tdnnd1.cam_layer.linear_local.bias"}) {
    Weights more = behind("");
    more.insert(part, one());
    EXPECT_THAT(refusal(more), HasSubstr(part));
  }
  Weights twice = behind("teacher.");
  for (const auto& [name, tensor] : campplus().tensors()) twice.insert("student." + name, tensor);
  EXPECT_THAT(refusal(twice), AllOf(HasSubstr("'student.'"), HasSubstr("'teacher.'")));
  Weights incomplete("some.pt");
  for (const auto& [name, tensor] : campplus().tensors()) {
    if (name != "xvector.transit2.linear.weight") incomplete.insert(name, tensor);
  }
  EXPECT_THAT(refusal(incomplete),
              AllOf(HasSubstr("some.pt"), HasSubstr("'xvector.transit2.linear.weight'")));
}

TEST(CampplusLayout, TwoEmbeddingsInOneFileAreAmbiguous) {
  Weights both = behind("campplus.");
  const Weights other =
      read_weight_file(std::string(DIAR_TEST_DATA) + "/golden/models/m8a/embedding/weights.npz");
  for (const auto& [name, tensor] : other.tensors()) both.insert(name, tensor);
  EXPECT_THAT(refusal(both, Network::kEmbedding), AllOf(HasSubstr("ResNet34"), HasSubstr("CAM++")));
}

TEST(CampplusLayout, HasNoMlxForm) {
  EXPECT_THROW(to_mlx_layout(campplus(), Network::kEmbedding), ModelError);
}

}  // namespace
}  // namespace diar
