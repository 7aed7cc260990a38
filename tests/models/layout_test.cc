// Whatever names and order a tool gave the weights, the network computes the same bits.
#include "models/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diar/errors.h"
#include "network_fixture.h"
#include "refusal.h"

namespace diar {
namespace {

using models_test::golden_weights;
using models_test::output_of;
using models_test::renamed;

std::string replaced(std::string name, const std::string& from, const std::string& to) {
  if (const auto place = name.find(from); place != std::string::npos) name.replace(place, from.size(), to);
  return name;
}

Weights with_channels_last(const Weights& weights, std::size_t dimensions) {
  Weights out(weights.source());
  for (const auto& [name, tensor] : weights.tensors()) {
    out.insert(name, tensor.shape.size() == dimensions ? to_channels_last(tensor) : tensor);
  }
  return out;
}

// layer1.layers.0.conv1.weight, shortcut_conv, fc: what mlx.nn makes of a ResNet's modules.
std::string mlx_module_tree(const std::string& name) {
  std::string out = name.substr(std::string("resnet.").size());
  if (out.starts_with("layer")) out.insert(6, ".layers");
  out = replaced(replaced(out, "shortcut.0", "shortcut_conv"), "shortcut.1", "shortcut_bn");
  return replaced(out, "seg_1.", "fc.");
}

struct Case {
  const char* name;
  Network network;
  const char* described;
  std::function<Weights(const Weights&)> store;
};

std::function<Weights(const Weights&)> behind(const std::string& prefix) {
  return [prefix](const Weights& weights) {
    return renamed(weights, [&](const std::string& name) { return prefix + name; });
  };
}

const Case kCases[] = {
    {"SegmentationAsItIs", Network::kSegmentation, "PyTorch names", behind("")},
    {"SegmentationOfLightning", Network::kSegmentation, "PyTorch names behind 'model.'", behind("model.")},
    {"SegmentationInAState", Network::kSegmentation, "PyTorch names behind 'state_dict.net.'",
     behind("state_dict.net.")},
    {"SegmentationOfTheMlxConverter", Network::kSegmentation, "names of the MLX converter, channels last",
     [](const Weights& weights) {
       return renamed(with_channels_last(weights, 3),
                      [](const std::string& name) { return replaced(name, "lstm.", "lstm_layers."); });
     }},
    {"SegmentationAsMlxModules", Network::kSegmentation,
     "names of an MLX module tree, channels last, summed LSTM biases",
     [](const Weights& weights) { return to_mlx_layout(weights, Network::kSegmentation); }},
    {"SegmentationWithSeparateLayers", Network::kSegmentation, "PyTorch names",
     [](const Weights& weights) {
       return renamed(weights, [](const std::string& name) {
         const auto place = name.find("_l");
         if (!name.starts_with("lstm.")) return name;
         return std::string("lstm.").append(name, place + 2, 1) + "." + name.substr(5, place - 5) + "_l0" +
                name.substr(place + 3);
       });
     }},
    {"EmbeddingAsItIs", Network::kEmbedding, "PyTorch names", behind("")},
    {"EmbeddingOfWeSpeaker", Network::kEmbedding, "WeSpeaker names",
     [](const Weights& weights) {
       return renamed(weights, [](const std::string& name) { return name.substr(7); });
     }},
    {"EmbeddingBehindAPrefix", Network::kEmbedding, "PyTorch names behind 'model.resnet.'", behind("model.")},
    {"EmbeddingOfTheMlxPort", Network::kEmbedding, "PyTorch names, channels last",
     [](const Weights& weights) { return to_mlx_layout(weights, Network::kEmbedding); }},
    {"EmbeddingAsMlxModules", Network::kEmbedding, "names of an MLX module tree, channels last",
     [](const Weights& weights) { return renamed(with_channels_last(weights, 4), mlx_module_tree); }},
};

class LayoutTest : public ::testing::TestWithParam<Case> {};

TEST_P(LayoutTest, ComputesTheSameBits) {
  const Case& layout = GetParam();
  const Weights weights = golden_weights(layout.network);
  const Weights needed = recognise_network(weights).weights;
  const NetworkWeights found = recognise_network(layout.store(needed));
  EXPECT_EQ(found.layout.network, layout.network);
  EXPECT_EQ(to_string(found.layout), layout.described);
  EXPECT_EQ(output_of(found.weights, layout.network), output_of(weights, layout.network));
}
INSTANTIATE_TEST_SUITE_P(Every, LayoutTest, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return one.param.name; });

std::string refusal(const Weights& weights, std::optional<Network> wanted = std::nullopt) {
  return models_test::refusal([&] { recognise_network(weights, wanted); });
}

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Layout, WhatIsNotRecognisedIsSaidWithItsNames) {
  Weights weights("some.npz");
  weights.insert("encoder.weight", Tensor::from(std::vector<float>{1.0f}, {1}));
  weights.insert("bell\a", Tensor::from(std::vector<float>{1.0f}, {1}));
  EXPECT_THAT(refusal(weights), AllOf(HasSubstr("some.npz"), HasSubstr("'encoder.weight'"),
                                      HasSubstr("'bell?'"), Not(HasSubstr("\a"))));
  for (int i = 0; i < 20; ++i)
    weights.insert(std::string("x").append(std::to_string(i)), Tensor::from(std::vector<float>{1.0f}, {1}));
  EXPECT_THAT(refusal(weights), HasSubstr("(22 in all)"));
}

TEST(Layout, TheOtherNetworkIsNamed) {
  EXPECT_THAT(refusal(golden_weights(Network::kEmbedding), Network::kSegmentation),
              AllOf(HasSubstr("not a PyanNet"), HasSubstr("but a WeSpeaker")));
}

TEST(Layout, BothNetworksInOneFile) {
  Weights both = behind("segmentation.")(golden_weights(Network::kSegmentation));
  const Weights embedding = golden_weights(Network::kEmbedding);
  for (const auto& [name, tensor] : embedding.tensors()) both.insert(name, tensor);
  EXPECT_THAT(refusal(both), HasSubstr("both"));
  for (const Network network : {Network::kSegmentation, Network::kEmbedding}) {
    EXPECT_EQ(recognise_network(both, network).weights.tensors().size(), tensor_names(network).size());
  }
}

TEST(Layout, TwoCopiesOfANetworkAreAmbiguous) {
  const Weights weights = golden_weights(Network::kEmbedding);
  Weights twice = behind("student.")(weights);
  for (const auto& [name, tensor] : weights.tensors()) twice.insert("teacher." + name, tensor);
  EXPECT_THAT(refusal(twice), AllOf(HasSubstr("'student.resnet.'"), HasSubstr("'teacher.resnet.'")));
}

TEST(Layout, AMissingTensorIsNamed) {
  for (const Network network : {Network::kSegmentation, Network::kEmbedding}) {
    const char* gone =
        network == Network::kSegmentation ? "lstm.weight_hh_l3_reverse" : "resnet.layer3.5.bn2.bias";
    const Weights weights = renamed(golden_weights(network), [&](const std::string& name) {
      return name == gone ? std::string("elsewhere") : name;
    });
    EXPECT_THAT(refusal(weights), HasSubstr(gone));
  }
}

// Deeper or other networks share these names; loading a part of them would compute nonsense silently.
TEST(Layout, PartsThatWouldBeIgnoredAreRefused) {
  for (const char* part : {"resnet.layer3.6.conv1.weight", "resnet.layer1.0.conv3.weight",
                           "resnet.pool.linear1.weight", "resnet.seg_2.weight"}) {
    Weights weights = golden_weights(Network::kEmbedding);
    weights.insert(part, Tensor::from(std::vector<float>{1.0f}, {1}));
    EXPECT_THAT(refusal(weights), HasSubstr(part));
  }
  for (const char* part : {"lstm.weight_ih_l4", "linear.2.weight"}) {
    Weights weights = golden_weights(Network::kSegmentation);
    weights.insert(part, Tensor::from(std::vector<float>{1.0f}, {1}));
    EXPECT_THAT(refusal(weights), HasSubstr(part));
  }
}

TEST(Layout, WhatTrainingLeftIsIgnored) {
  Weights weights = golden_weights(Network::kSegmentation);
  weights.insert("loss_func.weight", Tensor::from(std::vector<float>{1.0f}, {1}));
  weights.insert("sincnet.conv1d.0.filterbank.window_", Tensor::from(std::vector<float>{1.0f}, {1}));
  EXPECT_FALSE(recognise_network(weights).weights.contains("loss_func.weight"));
}

TEST(Layout, TwoNamesForOneTensor) {
  Weights weights = golden_weights(Network::kSegmentation);
  weights.insert("linear1.weight", weights.at("linear.0.weight"));
  EXPECT_THAT(refusal(weights), HasSubstr("'linear.0.weight'"));
}

TEST(Layout, AxesMoveThereAndBack) {
  const Tensor tensor = Tensor::from(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {2, 2, 3});
  const Tensor last = to_channels_last(tensor);
  EXPECT_EQ(last.shape, (Shape{2, 3, 2}));
  EXPECT_EQ(last.to_float(), (std::vector<float>{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  EXPECT_EQ(to_channels_first(last).to_float(), tensor.to_float());
  EXPECT_EQ(to_channels_first(last).shape, tensor.shape);
  EXPECT_TRUE(to_channels_last(Tensor::from(std::vector<float>{}, {0, 2, 3})).to_float().empty());
  EXPECT_THROW(to_channels_last(Tensor::from(std::vector<float>{1}, {1})), ModelError);
}

}  // namespace
}  // namespace diar
