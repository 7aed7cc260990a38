// Winograd with products of bfloat16: beside its own rounding in plain loops, and beside float32.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "bf16_products.h"
#include "core/bfloat16.h"
#include "core/instruction_set.h"
#include "diar/errors.h"
#include "nn/kernels/conv2d.h"

namespace diar::nn {
namespace {

TEST(Bfloat16, RoundsToTheNearestAndTiesToEven) {
  for (const float exact : {0.0f, -0.0f, 1.0f, -1.5f, 0x1.fep127f, 0x1p-126f})
    EXPECT_EQ(bfloat_to_float(float_to_bfloat(exact)), exact);
  EXPECT_EQ(bfloat_to_float(float_to_bfloat(1.0f + 0x1p-8f)), 1.0f);
  EXPECT_EQ(bfloat_to_float(float_to_bfloat(1.0f + 0x1.8p-7f)), 1.0f + 0x1p-6f);
  EXPECT_EQ(bfloat_to_float(float_to_bfloat(1.0f + 0x1.002p-8f)), 1.0f + 0x1p-7f);
  EXPECT_EQ(bfloat_to_float(float_to_bfloat(-1.0f - 0x1p-9f)), -1.0f);
  EXPECT_TRUE(std::isnan(bfloat_to_float(float_to_bfloat(std::numeric_limits<float>::quiet_NaN()))));
}

struct Problem {
  ConvShape shape;
  std::size_t rows;
  std::size_t columns;
  std::size_t out_rows;
  std::size_t out_columns;
  std::vector<float> weights, bias, in, residual;
};

// Multiples of `step` in [-1, 1).
std::vector<float> random_values(std::size_t size, float step, unsigned seed) {
  std::mt19937 generator(seed);
  const auto steps = static_cast<unsigned>(2.0f / step);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(generator() % steps) * step - 1.0f;
  return values;
}

Problem make_problem(const ConvShape& shape, std::size_t rows, std::size_t columns, float step) {
  const std::size_t out_rows = (rows + shape.stride - 1) / shape.stride;
  const std::size_t out_columns = (columns + shape.stride - 1) / shape.stride;
  const std::size_t taps = shape.kernel * shape.kernel;
  return {shape,
          rows,
          columns,
          out_rows,
          out_columns,
          random_values(shape.out_channels * shape.in_channels * taps, 0x1p-20f, 1),
          random_values(shape.out_channels, 0x1p-10f, 2),
          random_values(shape.in_channels * rows * columns, step, 3),
          random_values(shape.out_channels * out_rows * out_columns, 0x1p-10f, 4)};
}

void fill(Image& image, std::size_t rows, std::size_t columns, std::size_t channels,
          const std::vector<float>& from) {
  image.reshape(rows, columns, padded_channels(channels));
  for (std::size_t pixel = 0; pixel < rows * columns; ++pixel) {
    float* to = image.at(static_cast<long>(pixel / columns), static_cast<long>(pixel % columns));
    for (std::size_t c = 0; c < image.channels(); ++c)
      to[c] = c < channels ? from[c * rows * columns + pixel] : 0.0f;
  }
}

// [out_channels, rows, columns], the residual being the output itself, as in the network.
std::vector<float> run(const Problem& problem, const Convolution& convolution) {
  Image in, out;
  fill(in, problem.rows, problem.columns, problem.shape.in_channels, problem.in);
  fill(out, problem.out_rows, problem.out_columns, problem.shape.out_channels, problem.residual);
  ConvScratch scratch;
  conv2d(convolution, in, {.relu = true, .residual = &out}, scratch, out);
  std::vector<float> values(problem.residual.size());
  const std::size_t pixels = problem.out_rows * problem.out_columns;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t pixel = i % pixels;
    values[i] = out.at(static_cast<long>(pixel / problem.out_columns),
                       static_cast<long>(pixel % problem.out_columns))[i / pixels];
  }
  return values;
}

Convolution pack(const Problem& problem, ProductPrecision products) {
  ConvShape shape = problem.shape;
  shape.products = products;
  return {shape, padded_channels(shape.in_channels), problem.weights, problem.bias};
}

// With the rounding that the kernel does, if it does.
std::vector<float> reference(const Problem& problem, const Convolution& convolution) {
  std::vector<float> expected(problem.residual.size());
  if (convolution.uses_bf16() && convolution.uses_winograd()) {
    conv2d_bf16_reference({problem.shape, problem.weights, problem.bias, problem.in, problem.rows,
                           problem.columns, problem.residual, true},
                          convolution.winograd(), expected);
  } else {
    const bool rounds = convolution.uses_bf16();
    const std::vector<float> weights = rounds ? rounded_to_bfloat(problem.weights) : problem.weights;
    const std::vector<float> values = rounds ? rounded_to_bfloat(problem.in) : problem.in;
    conv2d_reference(
        {problem.shape, weights, problem.bias, values, problem.rows, problem.columns, problem.residual, true},
        expected);
  }
  return expected;
}

struct Size {
  std::size_t in, out, rows, columns;
  std::size_t kernel = 3, stride = 1;
};

class Bf16ConvTest : public ::testing::TestWithParam<Size> {};

// Winograd's inputs are multiples of 1/8, so that float32 holds every bit of a transformed tile and both
// sides round the same numbers. Where there are no such products the kernel is float32 and is compared with
// that.
TEST_P(Bf16ConvTest, EqualsItsRoundingInPlainLoops) {
  const auto& [in, out, rows, columns, kernel, stride] = GetParam();
  const bool winograd = kernel == 3 && stride == 1;
  const Problem problem =
      make_problem({in, out, kernel, stride}, rows, columns, winograd ? 0.125f : 0x1p-20f);
  const Convolution convolution = pack(problem, ProductPrecision::kBfloat16);
  ASSERT_EQ(convolution.uses_bf16(), has_bf16_products());
  const std::vector<float> expected = reference(problem, convolution);
  const std::vector<float> ours = run(problem, convolution);
  // What is left is the rounding of float32 sums. Unrounded values are a thousand
  // times as far away.
  const double tolerance = 2e-6 * static_cast<double>(in * kernel * kernel + 8);
  for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], expected[i], tolerance) << i;
}

std::vector<Size> sizes() {
  std::vector<Size> sizes;
  for (const std::size_t size : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 17u}) {
    sizes.push_back({16, 32, size, 10});
    sizes.push_back({32, 16, 5, size});
    sizes.push_back({16, 32, size, 9, 3, 2});  // direct: around its six pixels, one, two and four vectors
    sizes.push_back({32, 64, 7, size, 3, 2});
    sizes.push_back({32, 16, 5, size, 1, 2});
  }
  sizes.push_back({12, 20, 9, 7});  // channels that need padding: an odd vector, an unpaired one
  sizes.push_back({33, 16, 6, 6});
  sizes.push_back({33, 20, 6, 6, 3, 2});
  sizes.push_back({64, 64, 25, 60});                               // more tiles than one strip holds
  for (const std::size_t size : {1u, 4u, 5u, 6u, 9u, 10u, 11u}) {  // F(5x5)
    sizes.push_back({128, 144, size, 7});
    sizes.push_back({144, 128, 3, size});
  }
  sizes.push_back({256, 128, 6, 11});
  sizes.push_back({128, 256, 8, 9, 3, 2});
  return sizes;
}

INSTANTIATE_TEST_SUITE_P(AroundTiles, Bf16ConvTest, ::testing::ValuesIn(sizes()));

double relative_error(const std::vector<float>& values, const std::vector<float>& exact) {
  double error = 0.0, norm = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double difference = static_cast<double>(values[i]) - static_cast<double>(exact[i]);
    error += difference * difference;
    norm += static_cast<double>(exact[i]) * static_cast<double>(exact[i]);
  }
  return std::sqrt(error / norm);
}

// Operands are rounded by 2^-9 at most, which leaves 0.002; the transforms make it 0.011 for F(4, 3), 0.035
// for F(5, 3) on noise.
TEST(Bf16Conv, IsCloseToFloat32) {
  for (const std::size_t channels : {32u, 64u, 128u}) {
    for (const std::size_t stride : {1u, 2u}) {
      const Problem problem = make_problem({channels, channels, 3, stride}, 21, 22, 0x1p-20f);
      const std::vector<float> exact = run(problem, pack(problem, ProductPrecision::kFloat32));
      const double error = relative_error(run(problem, pack(problem, ProductPrecision::kBfloat16)), exact);
      EXPECT_LT(error, stride == 2 ? 0.004 : channels < 128 ? 0.015 : 0.045) << channels << ' ' << stride;
      // And it is what it says.
      EXPECT_EQ(error > 5e-4, has_bf16_products()) << channels << ' ' << stride;
    }
  }
}

TEST(Bf16Conv, TakesHalfTheMemoryAndNeedsPairs) {
  for (const ConvShape& shape : {ConvShape{32, 32, 3, 1}, ConvShape{32, 32, 3, 2}, ConvShape{32, 32, 1, 2}}) {
    ConvShape half = shape;
    half.products = ProductPrecision::kBfloat16;
    const std::size_t whole = Convolution::packed_size(shape, 32);
    EXPECT_EQ(Convolution::packed_size(half, 32), has_bf16_products() ? whole / 2 : whole);
  }
  const ConvShape stem = {1, 32, 3, 1, ProductPrecision::kBfloat16};
  EXPECT_FALSE(Convolution(stem, 1, std::vector<float>(32 * 9), std::vector<float>(32)).uses_bf16());
}

// What a new process answers under these variables; "" takes one away.
int answer(const char* simd, const char* bf16) {
  const auto set = [](const char* name, const char* value) {
    *value == '\0' ? unsetenv(name) : setenv(name, value, 1);
  };
  set("DIAR_SIMD", simd);
  set("DIAR_BF16", bf16);
  try {
    return has_bf16_products() ? 1 : 0;
  } catch (const InvalidArgument&) {
    return 2;
  }
}

TEST(Bf16DeathTest, VariablesPinIt) {
#if !defined(DIAR_EMULATED)
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // starts anew: the answer of a process never changes
#endif
#if defined(__x86_64__) && defined(__GNUC__)
  const int here = __builtin_cpu_supports("avx512bf16") ? 1 : 0;
  const int worthwhile = here == 1 && __builtin_cpu_is("amd") ? 1 : 0;
  EXPECT_EXIT(std::exit(answer("ssse3", "")), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(std::exit(answer("ssse3", "1")), ::testing::ExitedWithCode(2), "");
#else
  const int here = 0;
  const int worthwhile = 0;
#endif
#if defined(__aarch64__)
  EXPECT_EXIT(std::exit(answer("neon", "")), ::testing::ExitedWithCode(0), "");
  // No SVE is compiled in, whatever the machine has.
  EXPECT_EXIT(std::exit(answer("sve", "")), ::testing::ExitedWithCode(2), "");
#endif
  EXPECT_EXIT(std::exit(answer("", "")), ::testing::ExitedWithCode(worthwhile), "");
  EXPECT_EXIT(std::exit(answer("", "0")), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(std::exit(answer("", "1")), ::testing::ExitedWithCode(here == 1 ? 1 : 2), "");
  EXPECT_EXIT(std::exit(answer("", "on")), ::testing::ExitedWithCode(2), "");
}

}  // namespace
}  // namespace diar::nn
