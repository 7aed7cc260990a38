// What the writers write, the readers read: every type, empty tensors, scalars, metadata.
#include "models/weight_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "diar/errors.h"
#include "models/npz.h"
#include "models/safetensors.h"
#include "models/tensor_types.h"

namespace diar {
namespace {

// No borrowed bytes: the text goes away with the caller's expression.
Weights read(const std::string& bytes, bool safetensors) {
  auto owner = std::make_shared<const std::string>(bytes);
  const auto view = std::as_bytes(std::span(owner->data(), owner->size()));
  return safetensors ? parse_safetensors(view, owner, "test") : parse_npz(view, owner, "test");
}

Weights one_of_each(bool with_bfloat16) {
  Weights weights("test");
  const Tensor values = Tensor::from(std::vector<float>{-2.0f, 0.0f, 0.5f, 1024.0f, 3.0f, 4.0f}, {2, 3});
  weights.insert("float32", values);
  weights.insert("float64", converted(values, DType::kFloat64, "float64"));
  weights.insert("float16", converted(values, DType::kFloat16, "float16"));
  if (with_bfloat16) weights.insert("bfloat16", converted(values, DType::kBFloat16, "bfloat16"));
  weights.insert("empty", Tensor::from(std::vector<float>{}, {0, 3}));
  weights.insert("scalar", Tensor::from(std::vector<float>{3.5f}, {}));
  weights.insert("vector", Tensor::from(std::vector<double>{1.0, 2.0, 3.0}, {3}));
  return weights;
}

class WeightWriterTest : public ::testing::TestWithParam<bool> {
 protected:
  static std::string write(const Weights& weights, const Metadata& metadata) {
    return GetParam() ? to_safetensors(weights, metadata) : to_npz(weights, metadata);
  }
};

TEST_P(WeightWriterTest, ComesBackAsItWas) {
  const Weights weights = one_of_each(GetParam());
  const Metadata metadata = {{"source", "org/name \"quoted\" \xc3\xa4"}, {"licence", "MIT"}};
  const Weights back = read(write(weights, metadata), GetParam());
  EXPECT_EQ(back.metadata(), metadata);
  ASSERT_EQ(back.tensors().size(), weights.tensors().size());
  for (const auto& [name, tensor] : weights.tensors()) {
    const Tensor& other = back.at(name);
    EXPECT_EQ(other.dtype, tensor.dtype) << name;
    EXPECT_EQ(other.shape, tensor.shape) << name;
    EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(), other.bytes.begin(), other.bytes.end()))
        << name;
  }
}

TEST_P(WeightWriterTest, EqualTensorsGiveEqualBytes) {
  EXPECT_EQ(write(one_of_each(false), {{"a", "b"}}), write(one_of_each(false), {{"a", "b"}}));
}
INSTANTIATE_TEST_SUITE_P(Formats, WeightWriterTest, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Safetensors" : "Npz"; });

TEST(WeightWriter, NumpyHasNoBfloat16) {
  EXPECT_THROW(to_npz(one_of_each(true), {}), ModelError);
}

TEST(WeightWriter, ForeignCommentsMeanNothing) {
  for (const char* comment : {"[1, 2]", "hello", "{\"a\": {\"b\": {\"c\": {\"d\": {\"e\": 1}}}}}"}) {
    std::string bytes = to_npz(one_of_each(false), {});
    // The last two bytes are the length of the comment.
    bytes[bytes.size() - 2] = static_cast<char>(std::string(comment).size());
    EXPECT_TRUE(read(bytes + comment, false).metadata().empty()) << comment;
  }
}

TEST(TensorTypes, EveryHalfComesBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    Tensor half;
    half.dtype = DType::kFloat16;
    const auto stored = static_cast<std::uint16_t>(bits);
    half.bytes = std::as_bytes(std::span(&stored, 1));
    const float value = half.to_float()[0];
    if (std::isnan(value)) {
      EXPECT_EQ(float_to_half(value) & 0x7c00, 0x7c00) << bits;
    } else {
      ASSERT_EQ(float_to_half(value), bits);
    }
  }
}

// Between two neighbours the even one wins; just beside the middle the nearer one does.
TEST(TensorTypes, RoundsToNearestEven) {
  EXPECT_EQ(float_to_half(1.0f + 0x1p-11f), 0x3c00);
  EXPECT_EQ(float_to_half(std::nextafter(1.0f + 0x1p-11f, 2.0f)), 0x3c01);
  EXPECT_EQ(float_to_half(1.0f + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(float_to_half(0x1p-25f), 0x0000);
  EXPECT_EQ(float_to_half(std::nextafter(0x1p-25f, 1.0f)), 0x0001);
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(0x1p-14f - 0x1p-25f), 0x0400) << "from the subnormals up to the first normal";
  EXPECT_EQ(float_to_half(-0.0f), 0x8000);
  EXPECT_EQ(float_to_bfloat(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(float_to_bfloat(1.0f + 3 * 0x1p-8f), 0x3f82);
  EXPECT_TRUE(float_to_bfloat(std::numeric_limits<float>::quiet_NaN()) > 0x7f80);
}

TEST(TensorTypes, WhatDoesNotFitIsRefused) {
  const Tensor large = Tensor::from(std::vector<float>{1e6f}, {1});
  EXPECT_THROW(converted(large, DType::kFloat16, "large"), ModelError);
  EXPECT_EQ(converted(large, DType::kBFloat16, "large").to_float()[0], 999424.0f);
  EXPECT_THROW(converted(large, DType::kInt8, "large"), InvalidArgument);
  const Tensor infinite = Tensor::from(std::vector<float>{std::numeric_limits<float>::infinity()}, {1});
  EXPECT_TRUE(std::isinf(converted(infinite, DType::kFloat16, "infinite").to_float()[0]));
}

}  // namespace
}  // namespace diar
