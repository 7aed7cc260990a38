// ONNX files as exporters write them: read, they give the networks that were exported, and nothing else is read.
#include "models/onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "diar/errors.h"
#include "models/network_shapes.h"
#include "models/onnx_graph.h"
#include "models/weight_file.h"
#include "network_fixture.h"
#include "onnx_writer.h"
#include "refusal.h"
#include "temporary_directory.h"

namespace diar::models_test {
namespace {

using ::testing::HasSubstr;
using W = OnnxWriter;

Weights read(const std::string& file) {
  return parse_onnx(bytes_of(file), nullptr, "net.onnx");
}

std::string refusal_of(const std::string& file) {
  return refusal([&] { read(file); });
}

// PyTorch's gates (input, forget, cell, output) in ONNX's order (input, output, forget, cell), both directions.
Tensor stacked_gates(const Weights& weights, const std::vector<std::string>& parts, const std::string& layer,
                     Shape shape) {
  std::vector<float> out;
  for (const char* direction : {"", "_reverse"}) {
    for (const std::string& part : parts) {
      const std::vector<float> values = weights.at("lstm." + part + "_l" + layer + direction).to_float();
      const std::size_t gate = values.size() / 4;
      for (const std::size_t from : {0, 3, 1, 2}) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(from * gate);
        out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(gate));
      }
    }
  }
  return Tensor::from(out, std::move(shape));
}

Tensor transposed(const Tensor& tensor) {
  const std::vector<float> from = tensor.to_float();
  std::vector<float> to;
  for (std::size_t c = 0; c < tensor.shape[1]; ++c)
    for (std::size_t r = 0; r < tensor.shape[0]; ++r) to.push_back(from[r * tensor.shape[1] + c]);
  return Tensor::from(to, {tensor.shape[1], tensor.shape[0]});
}

struct PyannetExport {
  std::string last_activation = "LogSoftmax";
  float slope = 0.01f;
  std::int64_t stride = 10;
  bool scales_input = false;
  bool has_computed_filters = false;
};

// As torch.onnx.export writes a PyanNet: the sinc filters are computed, their convolution is in a branch.
std::string pyannet_file(const Weights& weights, const PyannetExport& options = {}) {
  W writer;
  const auto put = [&](const std::string& name) {
    writer.add_tensor(name, weights.at(name));
    return name;
  };
  const auto norm = [&](const std::string& name) {
    writer.then("InstanceNormalization", {put(name + ".weight"), put(name + ".bias")},
                {W::real("epsilon", 1e-5f)});
  };
  if (options.scales_input) {
    writer.add_tensor("scale", Tensor::from(std::vector<float>{32768.0f}, {}));
    writer.then("Mul", {"scale"});
  }
  norm("sincnet.wav_norm1d");
  const std::string bank = "sincnet.conv1d.0.filterbank.";
  writer.add_node(W::node("Abs", {put(bank + "low_hz_")}, {"low"}));
  writer.add_node(W::node("Abs", {put(bank + "band_hz_")}, {"band"}));
  if (options.has_computed_filters) {
    writer.add_tensor("filters", Tensor::from(std::vector<float>(80 * 251), {80, 1, 251}));
  } else {
    writer.add_node(W::node("Concat", {"low", "band"}, {"filters"}));
  }
  W branch;
  branch.add_node(W::node("Conv", {writer.last(), "filters"}, {"inner"},
                          {W::numbers("kernel_shape", {251}), W::numbers("strides", {options.stride})}));
  std::string graph = branch.graph(), output, attribute;
  protozero::pbf_writer(output).add_string(1, "inner");
  protozero::pbf_writer(graph).add_message(12, output);
  protozero::pbf_writer(attribute).add_string(1, "then_branch");
  protozero::pbf_writer(attribute).add_message(6, graph);
  writer.add_node(W::node("Shape", {writer.last()}, {"shape"}));
  writer.add_node(W::node("If", {"shape"}, {"convolved"}, {attribute}));
  writer.set_last("convolved");
  writer.then("Abs");
  for (const std::string layer : {"0", "1", "2"}) {
    const std::string name = "sincnet.conv1d." + layer;
    if (layer != "0") writer.then("Conv", {put(name + ".weight"), put(name + ".bias")});
    writer.then("MaxPool", {}, {W::numbers("kernel_shape", {3}), W::numbers("strides", {3})});
    norm("sincnet.norm1d." + layer);
    writer.then("LeakyRelu", {}, {W::real("alpha", options.slope)});
  }
  writer.then("Transpose", {}, {W::numbers("perm", {2, 0, 1})});
  for (const std::string layer : {"0", "1", "2", "3"}) {
    const std::size_t in = layer == "0" ? 60 : 256;
    writer.add_tensor("onnx::LSTM_w" + layer, stacked_gates(weights, {"weight_ih"}, layer, {2, 512, in}));
    writer.add_tensor("onnx::LSTM_r" + layer, stacked_gates(weights, {"weight_hh"}, layer, {2, 512, 128}));
    writer.add_tensor("onnx::LSTM_b" + layer,
                      stacked_gates(weights, {"bias_ih", "bias_hh"}, layer, {2, 1024}));
    writer.then("LSTM", {"onnx::LSTM_w" + layer, "onnx::LSTM_r" + layer, "onnx::LSTM_b" + layer},
                {W::text("direction", "bidirectional"), W::number("hidden_size", 128)});
    writer.then("Reshape");
  }
  // One as a product and a sum, one as Gemm, one transposed in the graph: as versions of the exporter write them.
  writer.add_tensor("onnx::MatMul_0", transposed(weights.at("linear.0.weight")));
  writer.then("MatMul", {"onnx::MatMul_0"});
  writer.then("Add", {put("linear.0.bias")});
  writer.then("LeakyRelu");
  writer.then("Gemm", {put("linear.1.weight"), put("linear.1.bias")}, {W::number("transB", 1)});
  writer.then("LeakyRelu");
  writer.add_node(W::node("Transpose", {put("classifier.weight")}, {"turned"}, {W::numbers("perm", {1, 0})}));
  writer.then("MatMul", {"turned"});
  writer.then("Add", {put("classifier.bias")});
  writer.then(options.last_activation);
  return writer.finish();
}

void expect_same(const Weights& read, const Weights& expected, Network network) {
  for (const std::string& name : tensor_names(network)) {
    const Tensor& tensor = read.at(name);
    EXPECT_EQ(tensor.shape, expected.at(name).shape) << name;
    EXPECT_EQ(tensor.to_float(), expected.at(name).to_float()) << name;
  }
}

TEST(Onnx, APyannetComesBackToTheBit) {
  const Weights golden = golden_weights(Network::kSegmentation);
  const std::string file = pyannet_file(golden);
  ASSERT_TRUE(looks_like_onnx(bytes_of(file)));
  const NetworkWeights found = recognise_network(read(file), Network::kSegmentation);
  expect_same(found.weights, golden, Network::kSegmentation);
}

TEST(Onnx, APyannetThatComputesAnotherThingIsRefused) {
  const Weights golden = golden_weights(Network::kSegmentation);
  EXPECT_THAT(refusal_of(pyannet_file(golden, {.last_activation = "Sigmoid"})),
              HasSubstr("with 'Sigmoid' where 'LogSoftmax' should be"));
  EXPECT_THAT(refusal_of(pyannet_file(golden, {.slope = 0.2f})),
              HasSubstr("'LeakyRelu 0.2' where 'LeakyRelu 0.01' should be"));
  EXPECT_THAT(refusal_of(pyannet_file(golden, {.has_computed_filters = true})),
              HasSubstr("sinc filters that were computed beforehand"));
  EXPECT_THAT(refusal_of(pyannet_file(golden, {.stride = 5})), HasSubstr("strides 5"));
  EXPECT_THAT(refusal_of(pyannet_file(golden, {.scales_input = true})),
              HasSubstr("'Mul with a number' where 'InstanceNormalization"));
}

TEST(Onnx, WeightFilesAreToldByTheirContent) {
  const TemporaryDirectory folder;
  const std::string path = folder.file("network.bin");
  std::ofstream(path, std::ios::binary) << pyannet_file(golden_weights(Network::kSegmentation));
  EXPECT_EQ(weight_file_format(path), "ONNX");
  EXPECT_EQ(recognise_network(read_weight_file(path)).layout.network, Network::kSegmentation);
}

TEST(Onnx, OtherNetworksAreRefused) {
  W writer;
  writer.add_tensor("w", Tensor::from(std::vector<float>(6), {2, 3}));
  writer.then("MatMul", {"w"});
  EXPECT_THAT(refusal_of(writer.finish()), HasSubstr("neither of a PyanNet"));
  writer.then("QuantizeLinear", {"w"});
  EXPECT_THAT(refusal_of(writer.finish()), HasSubstr("its operator 'QuantizeLinear' has no place"));
  writer.add_node(W::node("FusedConv", {"x"}, {"y"}, {}, "com.microsoft"));
  EXPECT_THAT(refusal_of(writer.finish()), HasSubstr("one of 'com.microsoft', not of ONNX"));
}

// What one tensor more does to the reading of a graph.
std::string refusal_with(const std::string& tensor) {
  W writer;
  writer.add_tensor("first", Tensor::from(std::vector<float>(6), {2, 3}));
  writer.add_raw_tensor(tensor);
  const std::string file = writer.finish();
  return refusal([&] { read_onnx_graph(bytes_of(file), nullptr, "net.onnx"); });
}

TEST(Onnx, TensorsThatLieAreRefused) {
  EXPECT_THAT(refusal_with(W::tensor("a", {2, 2}, std::string(12, '\0'))),
              HasSubstr("'a' in net.onnx: shape [2, 2] does not fit its 12 bytes"));
  EXPECT_THAT(refusal_with(W::tensor("a", {std::size_t{1} << 40, 1 << 20}, "")),
              HasSubstr("'a' in net.onnx"));
  EXPECT_THAT(refusal_with(W::tensor("a", {~std::size_t{0}}, "")), HasSubstr("impossible shape"));
  EXPECT_THAT(refusal_with(W::tensor("a", Shape(9, 1), std::string(4, '\0'))), HasSubstr("impossible shape"));
  EXPECT_THAT(refusal_with(W::tensor("first", {1}, std::string(4, '\0'))),
              HasSubstr("two tensors are called 'first'"));
  EXPECT_THAT(refusal_with(W::tensor("a", {2}, std::string(4, '\0'), 10)), HasSubstr("is of type float16"));
  EXPECT_THAT(refusal_with(W::tensor("a", {2}, std::string(2, '\0'), 3)), HasSubstr("is of type int8"));
  std::string twice = W::tensor("a", {1}, std::string(4, '\0'));
  protozero::pbf_writer(twice).add_bytes(4, std::string(4, '\0'));
  EXPECT_THAT(refusal_with(twice), HasSubstr("holds its numbers twice"));
}

TEST(Onnx, NumbersInAnotherFileAreNeverRead) {
  std::string location, tensor = W::tensor("a", {1}, "");
  protozero::pbf_writer(location).add_string(1, "location");
  protozero::pbf_writer(location).add_string(2, "/etc/passwd");
  std::string external = tensor;
  protozero::pbf_writer(external).add_message(13, location);
  EXPECT_THAT(refusal_with(external), HasSubstr("'a' are kept in another file, which is not read"));
  protozero::pbf_writer(tensor).add_int32(14, 1);
  EXPECT_THAT(refusal_with(tensor), HasSubstr("kept in another file"));
}

TEST(Onnx, EveryCutIsRefused) {
  W writer;
  writer.add_tensor("first", Tensor::from(std::vector<float>(6), {2, 3}));
  writer.then("Relu");
  const std::string file = writer.finish();
  const auto read_graph = [](const std::string& bytes) {
    return refusal([&] { read_onnx_graph(bytes_of(bytes), nullptr, "net.onnx"); });
  };
  ASSERT_EQ(read_graph(file), "nothing was refused");
  for (std::size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(read_graph(file.substr(0, length)), "nothing was refused") << length;
}

TEST(Onnx, BranchesInBranchesEnd) {
  std::string graph;
  for (int depth = 0; depth < 50; ++depth) {
    std::string attribute, outer;
    protozero::pbf_writer(attribute).add_string(1, "then_branch");
    protozero::pbf_writer(attribute).add_message(6, graph);
    protozero::pbf_writer(outer).add_message(1, W::node("If", {"x"}, {"y"}, {attribute}));
    graph = outer;
  }
  const std::string file = W::model(graph);
  EXPECT_THAT(refusal_of(file), HasSubstr("nested too deeply"));
}

TEST(Onnx, TooManyOperatorsAreRefusedBeforeTheyTakeMemory) {
  W writer;
  const std::string node = W::node("Relu", {}, {});
  std::string graph;
  for (int i = 0; i < 20001; ++i) protozero::pbf_writer(graph).add_message(1, node);
  EXPECT_THAT(refusal_of(W::model(graph)), HasSubstr("too many operators"));
}

}  // namespace
}  // namespace diar::models_test
