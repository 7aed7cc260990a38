// The table of shapes against the networks that read them; weights that no network can run are refused when
// they are recognised.
#include "models/network_shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diar/errors.h"
#include "network_fixture.h"
#include "refusal.h"

namespace diar {
namespace {

using models_test::golden_weights;
using models_test::refusal;
using ::testing::AllOf;
using ::testing::HasSubstr;

Tensor zeros(const Shape& shape, DType dtype = DType::kFloat32) {
  auto bytes = std::make_shared<std::vector<std::byte>>(num_elements(shape) * dtype_size(dtype));
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = shape;
  tensor.bytes = *bytes;
  tensor.owner = std::move(bytes);
  return tensor;
}

Weights zero_weights(const std::vector<TensorShape>& shapes) {
  Weights weights("made.npz");
  for (const TensorShape& tensor : shapes) weights.insert(tensor.name, zeros(tensor.shape));
  return weights;
}

Weights with(const Weights& weights, const std::string& name, const Tensor& tensor) {
  Weights out = weights;
  out.insert(name, tensor);
  return out;
}

TEST(NetworkShapes, AreThoseThatTheNetworksRead) {
  const auto executor = std::make_shared<const Executor>(1);
  EXPECT_NO_THROW(cpu::make_pyannet(recognise_network(zero_weights(pyannet_shapes())).weights, executor));
  for (const auto& [width, dimension] : {std::pair{8, 16}, std::pair{32, 256}}) {
    const Weights weights =
        zero_weights(resnet34_shapes(static_cast<std::size_t>(width), static_cast<std::size_t>(dimension)));
    EXPECT_EQ(cpu::make_resnet34(recognise_network(weights).weights, executor)->dimension(),
              static_cast<std::size_t>(dimension));
    EXPECT_EQ(embedding_dimension(weights), static_cast<std::size_t>(dimension));
  }
}

// Whatever the networks refuse, the table refuses before them, by the same name.
TEST(NetworkShapes, EveryTensorIsChecked) {
  for (const Network network : {Network::kSegmentation, Network::kEmbedding}) {
    const auto shapes = network == Network::kSegmentation ? pyannet_shapes() : resnet34_shapes(8, 16);
    const Weights good = zero_weights(shapes);
    for (const TensorShape& tensor : shapes) {
      Shape other = tensor.shape;
      other.back() += 2;
      EXPECT_THAT(refusal([&] { recognise_network(with(good, tensor.name, zeros(other))); }),
                  AllOf(HasSubstr("made.npz"), HasSubstr("shape")))
          << tensor.name;
      other = tensor.shape;
      other.push_back(1);
      EXPECT_THAT(refusal([&] { recognise_network(with(good, tensor.name, zeros(other))); }),
                  HasSubstr("shape"))
          << tensor.name;
    }
  }
}

TEST(NetworkShapes, HeadsThatAreNoPowersetAreNamed) {
  for (const std::size_t classes : {1, 2, 3, 4, 11}) {
    Weights weights = golden_weights(Network::kSegmentation);
    weights.insert("classifier.weight", zeros({classes, 128}));
    weights.insert("classifier.bias", zeros({classes}));
    EXPECT_THAT(refusal([&] { recognise_network(weights); }),
                HasSubstr(std::to_string(classes) + (classes == 1 ? " class" : " classes") +
                          ": not a powerset network"));
  }
}

TEST(NetworkShapes, NumbersThatAreNotFloatingAreRefused) {
  for (const DType dtype : {DType::kBool, DType::kInt32, DType::kInt64, DType::kUInt8}) {
    const Weights weights =
        with(golden_weights(Network::kSegmentation), "linear.1.bias", zeros({128}, dtype));
    EXPECT_THAT(refusal([&] { recognise_network(weights); }),
                AllOf(HasSubstr("'linear.1.bias'"), HasSubstr("not floating")));
  }
}

TEST(NetworkShapes, ValuesThatCannotRun) {
  const Weights good = golden_weights(Network::kEmbedding);
  EXPECT_NO_THROW(check_network_values(good));
  const std::size_t width = good.at("resnet.bn1.weight").shape[0];
  std::vector<float> values(width, 1.0f);
  values[3] = -1.0f;
  const Tensor negative = Tensor::from(values, {width});
  values[3] = 0.0f / 0.0f;
  const Tensor nan = Tensor::from(values, {width});
  EXPECT_THAT(refusal([&] { check_network_values(with(good, "resnet.bn1.running_var", negative)); }),
              HasSubstr("negative"));
  EXPECT_THAT(refusal([&] { check_network_values(with(good, "resnet.bn1.weight", nan)); }), HasSubstr("NaN"));
}

Weights plda_file(const std::string& name, const std::vector<TensorShape>& shapes) {
  Weights weights(name);
  for (const TensorShape& tensor : shapes) weights.insert(tensor.name, zeros(tensor.shape, DType::kFloat64));
  return weights;
}

TEST(NetworkShapes, APldaFitsItselfAndTheNetwork) {
  const Weights transform =
      plda_file("xvec_transform.npz", {{"mean1", {256}}, {"mean2", {128}}, {"lda", {256, 128}}});
  const Weights plda = plda_file("plda.npz", {{"mu", {128}}, {"tr", {128, 128}}, {"psi", {128}}});
  EXPECT_NO_THROW(check_plda(transform, plda, 256));
  EXPECT_THAT(refusal([&] { check_plda(transform, plda, 192); }),
              AllOf(HasSubstr("xvec_transform.npz"), HasSubstr("256"), HasSubstr("192")));
  EXPECT_THAT(refusal([&] {
                check_plda(with(transform, "lda", zeros({256, 127})), plda, 256);
              }),
              HasSubstr("'lda'"));
  EXPECT_THAT(refusal([&] { check_plda(transform, with(plda, "psi", zeros({64})), 256); }),
              HasSubstr("'psi'"));
  EXPECT_THAT(refusal([&] { check_plda(transform, with(plda, "psi", zeros({128}, DType::kBool)), 256); }),
              HasSubstr("not floating"));
  EXPECT_THAT(refusal([&] { check_plda(plda, transform, 256); }), HasSubstr("'mean1' is missing"));
}

}  // namespace
}  // namespace diar
