#include "core/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "diar/errors.h"

namespace diar {
namespace {

TEST(Tensor, ConvertsHalfPrecisionExactly) {
  // 1, -2, smallest subnormal 2^-24, largest 65504, 0.5.
  const std::vector<std::uint16_t> halves = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x3800};
  Tensor tensor;
  tensor.dtype = DType::kFloat16;
  tensor.shape = {5};
  tensor.bytes = std::as_bytes(std::span(halves));
  EXPECT_EQ(tensor.to_float(), (std::vector<float>{1.0f, -2.0f, std::ldexp(1.0f, -24), 65504.0f, 0.5f}));
}

TEST(Tensor, ConvertsBfloat16) {
  const std::vector<std::uint16_t> values = {0x3f80, 0xc040};
  Tensor tensor;
  tensor.dtype = DType::kBFloat16;
  tensor.shape = {2};
  tensor.bytes = std::as_bytes(std::span(values));
  EXPECT_EQ(tensor.to_double(), (std::vector<double>{1.0, -3.0}));
}

TEST(Tensor, RefusesShapesThatOverflow) {
  const std::size_t huge = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(num_elements({huge, 2}), ModelError);
  EXPECT_THROW(num_elements({std::size_t{1} << 32, std::size_t{1} << 32}), ModelError);
  EXPECT_EQ(num_elements({huge, 0}), 0u);
  EXPECT_EQ(num_elements({}), 1u);
}

TEST(Tensor, RefusesBytesThatDoNotFitTheShape) {
  Tensor tensor = Tensor::from(std::vector<float>{1, 2, 3}, {3});
  tensor.shape = {4};
  EXPECT_THROW(tensor.to_float(), ModelError);
}

TEST(Weights, ErrorsNameTheTensor) {
  Weights weights("weights.npz");
  weights.insert("a", Tensor::from(std::vector<float>{1, 2}, {2}));
  weights.insert("bad", Tensor::from(std::vector<float>{1, std::nanf("")}, {2}));
  EXPECT_EQ(weights.floats("a", {2}), (std::vector<float>{1, 2}));
  const auto message = [&](auto call) -> std::string {
    try {
      call();
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message([&] { weights.at("b"); }), "tensor 'b' is missing from weights.npz");
  EXPECT_EQ(message([&] {
              weights.floats("a", {1, 2});
            }),
            "tensor 'a' in weights.npz has shape [2], expected [1, 2]");
  EXPECT_NE(message([&] { weights.floats("bad", {2}); }).find("'bad' in weights.npz holds NaN"),
            std::string::npos);
}

}  // namespace
}  // namespace diar
