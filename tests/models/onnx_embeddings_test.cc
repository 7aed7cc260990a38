// Speaker embeddings as ONNX files, with their batch norms folded into the convolutions before them: read, they
// compute what they did before the export, to the bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "models/layout_campplus.h"
#include "models/onnx.h"
#include "network_fixture.h"
#include "networks/campplus/cpu.h"
#include "networks/campplus_fixture.h"
#include "onnx_writer.h"
#include "refusal.h"

namespace diar::models_test {
namespace {

using ::testing::HasSubstr;
using W = OnnxWriter;

// The tensors keep the file.
NetworkWeights read(std::string file) {
  const auto owner = std::make_shared<const std::string>(std::move(file));
  return recognise_network(parse_onnx(bytes_of(*owner), owner, "net.onnx"), Network::kEmbedding);
}

std::string refusal_of(const std::string& file) {
  return refusal([&] { read(file); });
}

// Writes layers of `weights` as torch.onnx.export does in evaluation.
class Exporter {
 public:
  explicit Exporter(const Weights& weights) : weights_(weights) {}

  W& writer() { return writer_; }

  std::string put(const std::string& name) {
    writer_.add_tensor(name, weights_.at(name));
    return name;
  }

  // filters' = filters gain   bias = shift - gain mean   gain = weight / sqrt(variance + 1e-5)
  void folded(const std::string& name, const std::string& norm, const std::vector<std::string>& attributes) {
    const auto all = [&](const char* part, float otherwise) {
      return weights_.contains(norm + part) ? weights_.at(norm + part).to_float()
                                            : std::vector<float>(4096, otherwise);
    };
    const Tensor& tensor = weights_.at(name + ".weight");
    std::vector<float> filters = tensor.to_float(), bias(tensor.shape[0]);
    const auto weight = all(".weight", 1.0f), shift = all(".bias", 0.0f), mean = all(".running_mean", 0.0f),
               variance = all(".running_var", 1.0f);
    const std::size_t size = filters.size() / bias.size();
    for (std::size_t o = 0; o < bias.size(); ++o) {
      const double gain = weight[o] / std::sqrt(static_cast<double>(variance[o]) + 1e-5);
      bias[o] = static_cast<float>(shift[o] - gain * mean[o]);
      for (std::size_t i = o * size; i < (o + 1) * size; ++i)
        filters[i] = static_cast<float>(gain * filters[i]);
    }
    const std::string number = std::to_string(++count_);
    writer_.add_tensor("onnx::Conv_w" + number, Tensor::from(filters, tensor.shape));
    writer_.add_tensor("onnx::Conv_b" + number, Tensor::from(bias, {bias.size()}));
    writer_.then("Conv", {"onnx::Conv_w" + number, "onnx::Conv_b" + number}, attributes);
  }

  void batch_norm(const std::string& name) {
    writer_.then("BatchNormalization", {put(name + ".weight"), put(name + ".bias"),
                                        put(name + ".running_mean"), put(name + ".running_var")});
  }

  void relu() { writer_.then("Relu"); }

  // Two convolutions and perhaps one around them.
  void block(const std::string& name, bool shrinks, const std::vector<std::int64_t>& strides) {
    const std::string input = writer_.last();
    const std::string pads = W::numbers("pads", {1, 1, 1, 1});
    folded(name + ".conv1", name + ".bn1", {pads, W::numbers("strides", strides)});
    relu();
    folded(name + ".conv2", name + ".bn2", {pads});
    std::string around = input;
    if (shrinks) {
      const std::string inside = writer_.last();
      writer_.set_last(input);
      folded(name + ".shortcut.0", name + ".shortcut.1", {W::numbers("strides", strides)});
      around = writer_.last();
      writer_.set_last(inside);
    }
    writer_.then("Add", {around});
    relu();
  }

 private:
  const Weights& weights_;
  W writer_;
  std::size_t count_ = 0;
};

std::string resnet34_file(const Weights& weights, const std::vector<float>& subtracted = {}) {
  Exporter exporter(weights);
  W& writer = exporter.writer();
  exporter.folded("resnet.conv1", "resnet.bn1", {W::numbers("pads", {1, 1, 1, 1})});
  exporter.relu();
  const std::vector<std::size_t> blocks = {3, 4, 6, 3};
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    for (std::size_t block = 0; block < blocks[stage]; ++block) {
      const bool shrinks = stage > 0 && block == 0;
      exporter.block("resnet.layer" + std::to_string(stage + 1) + "." + std::to_string(block), shrinks,
                     shrinks ? std::vector<std::int64_t>{2, 2} : std::vector<std::int64_t>{1, 1});
    }
  }
  writer.add_tensor("tiny", Tensor::from(std::vector<float>{1e-7f}, {}));
  writer.then("ReduceMean");
  writer.then("Add", {"tiny"});
  writer.then("Sqrt");
  writer.then("Gemm", {exporter.put("resnet.seg_1.weight"), exporter.put("resnet.seg_1.bias")},
              {W::number("transB", 1)});
  if (!subtracted.empty()) {
    writer.add_tensor("mean_vec", Tensor::from(subtracted, {subtracted.size()}));
    writer.then("Sub", {"mean_vec"});
  }
  return writer.finish();
}

TEST(OnnxEmbeddings, AResnet34ComputesTheSame) {
  const Weights golden = golden_weights(Network::kEmbedding);
  const NetworkWeights found = read(resnet34_file(golden));
  EXPECT_EQ(output_of(found.weights, Network::kEmbedding), output_of(golden, Network::kEmbedding));
}

TEST(OnnxEmbeddings, WhatIsSubtractedFromAnEmbeddingBelongsToIt) {
  const Weights golden = golden_weights(Network::kEmbedding);
  std::vector<float> expected = output_of(golden, Network::kEmbedding);
  std::vector<float> mean(expected.size());
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = 0.5f * static_cast<float>(i % 5);
  const std::vector<float> found = output_of(read(resnet34_file(golden, mean)).weights, Network::kEmbedding);
  ASSERT_EQ(found.size(), expected.size());
  // Sums of three numbers near one, in another order.
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i] - mean[i], 4e-6f) << i;
}

void export_campplus_layer(Exporter& exporter, const std::string& name, std::int64_t dilation) {
  W& writer = exporter.writer();
  const std::string input = writer.last();
  exporter.batch_norm(name + "nonlinear1.batchnorm");
  exporter.relu();
  exporter.folded(name + "linear1", name + "nonlinear2.batchnorm", {});
  exporter.relu();
  const std::string hidden = writer.last();
  writer.then("AveragePool", {},
              {W::numbers("kernel_shape", {100}), W::numbers("strides", {100}), W::number("ceil_mode", 1)});
  const std::string context = writer.last();
  writer.set_last(hidden);
  const std::string mask = name + "cam_layer.";
  writer.then("Conv", {exporter.put(mask + "linear_local.weight")},
              {W::numbers("dilations", {dilation}), W::numbers("pads", {dilation, dilation})});
  const std::string local = writer.last();
  writer.set_last(context);
  writer.then("Conv", {exporter.put(mask + "linear1.weight"), exporter.put(mask + "linear1.bias")});
  exporter.relu();
  writer.then("Conv", {exporter.put(mask + "linear2.weight"), exporter.put(mask + "linear2.bias")});
  writer.then("Sigmoid");
  writer.then("Mul", {local});
  writer.then("Concat", {input});
}

std::string campplus_file(const Weights& weights, bool has_segments = true) {
  Exporter exporter(weights);
  W& writer = exporter.writer();
  const std::string pads = W::numbers("pads", {1, 1, 1, 1}), halves = W::numbers("strides", {2, 1});
  exporter.folded("head.conv1", "head.bn1", {pads});
  exporter.relu();
  for (const std::string block : {"1.0", "1.1", "2.0", "2.1"}) {
    const bool shrinks = block.ends_with("0");
    exporter.block("head.layer" + block, shrinks, {shrinks ? 2 : 1, 1});
  }
  exporter.folded("head.conv2", "head.bn2", {pads, halves});
  exporter.relu();
  writer.then("Reshape");
  exporter.folded("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm",
                  {W::numbers("pads", {2, 2}), W::numbers("strides", {2})});
  exporter.relu();
  for (std::size_t stage = 0; stage < 3; ++stage) {
    const std::string number = std::to_string(stage + 1);
    for (std::size_t layer = 0; layer < campplus_test::kLayers[stage]; ++layer) {
      export_campplus_layer(exporter, "xvector.block" + number + ".tdnnd" + std::to_string(layer + 1) + ".",
                            static_cast<std::int64_t>(campplus_test::kDilations[stage]));
    }
    exporter.batch_norm("xvector.transit" + number + ".nonlinear.batchnorm");
    exporter.relu();
    const std::string transit = "xvector.transit" + number + ".linear";
    if (stage < 2) {
      writer.then("Conv", {exporter.put(transit + ".weight")});
      // The next layer's norm takes it, and so does the sum around that layer: it cannot be folded.
      if (!has_segments) break;
    } else {
      exporter.folded(transit, "xvector.out_nonlinear.batchnorm", {});
    }
  }
  exporter.relu();
  writer.then("ReduceMean");
  exporter.folded("xvector.dense.linear", "xvector.dense.nonlinear.batchnorm", {});
  return writer.finish();
}

std::vector<float> campplus_output(const Weights& weights) {
  const cpu::Campplus network(read_campplus_weights(weights));
  cpu::CampplusScratch scratch;
  std::vector<float> embedding(network.dimension());
  network.embed(noise(130 * 80), scratch, embedding);
  return embedding;
}

TEST(OnnxEmbeddings, ACampplusComputesTheSame) {
  for (const std::size_t dimension : {192, 512}) {
    const Weights weights = campplus_test::random_weights(dimension, 7);
    const NetworkWeights found = read(campplus_file(weights));
    EXPECT_EQ(found.weights.tensors().size(), campplus_tensor_names().size());
    EXPECT_EQ(campplus_output(found.weights), campplus_output(weights));
  }
}

TEST(OnnxEmbeddings, TheFeaturesOfACampplusAreThoseThatTheFileNames) {
  const std::string file = campplus_file(campplus_test::random_weights(192, 7));
  const auto features_of = [](const std::string& bytes) {
    return read(bytes).weights.metadata().at(kCampplusFeatures);
  };
  EXPECT_EQ(features_of(file), kCampplusFeatures3dSpeaker);
  for (const char* framework : {"wespeaker", "3d-speaker"}) {
    std::string named = file, entry;
    protozero::pbf_writer(entry).add_string(1, "framework");
    protozero::pbf_writer(entry).add_string(2, framework);
    protozero::pbf_writer(named).add_message(14, entry);
    EXPECT_EQ(features_of(named), framework);
  }
}

TEST(OnnxEmbeddings, ACampplusThatIsCutShortIsRefused) {
  EXPECT_THAT(refusal_of(campplus_file(campplus_test::random_weights(192, 7), false)),
              HasSubstr("neither of a PyanNet"));
}

}  // namespace
}  // namespace diar::models_test
