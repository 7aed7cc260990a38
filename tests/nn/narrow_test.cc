// The kernels for one or a few windows: beside plain loops, and to the bit those for whole groups of windows.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

#include "nn/kernels/lane_gemm.h"
#include "nn/kernels/row_gemm.h"
#include "nn/log_softmax.h"
#include "nn/lstm.h"
#include "nn/narrow_lstm.h"
#include "nn/random_values.h"

namespace diar::nn {
namespace {

// [count, size] of one window -> every lane of an aligned buffer.
float* in_all_lanes(const std::vector<float>& values, AlignedBuffer& buffer) {
  const std::size_t lanes = lane_width();
  float* out = buffer.reserve(values.size() * lanes);
  for (std::size_t i = 0; i < values.size(); ++i) std::fill_n(out + i * lanes, lanes, values[i]);
  return out;
}

class RowGemmTest : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(RowGemmTest, EqualsReferenceAndTheLanesToTheBit) {
  const auto [rows, depth] = GetParam();
  const auto weights = random_values(rows * depth, 1);
  const auto bias = random_values(rows, 2);
  const PackedMatrix packed(weights, rows, depth, bias);
  const RowMatrix matrix(packed);
  // Around the columns of a tile, 6 or 12, and the tiles of one, two and four panels.
  for (const std::size_t count : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 25u}) {
    constexpr std::size_t kInStep = 3;  // columns overlap
    const std::size_t out_step = rows + 2;
    const auto in = random_values((count - 1) * kInStep + depth, 3);
    for (const GemmStart start : {GemmStart::kBias, GemmStart::kOutput}) {
      auto out = random_values(count * out_step, 4);
      auto expected = out;
      AlignedBuffer lane_in, lane_out;
      in_all_lanes(in, lane_in);
      std::vector<float> dense(count * rows);
      for (std::size_t i = 0; i < dense.size(); ++i) dense[i] = out[i / rows * out_step + i % rows];
      in_all_lanes(dense, lane_out);
      row_gemm(matrix, {in.data(), kInStep, out.data(), out_step, count}, start);
      lane_gemm(packed, lane_in.data(), kInStep, count, start, lane_out.data());
      lane_gemm_reference({weights, bias, rows, depth}, {in.data(), kInStep, count, 1}, start, dense.data());
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t s = i / out_step;
        const std::size_t r = i % out_step;
        if (r >= rows) {
          ASSERT_EQ(out[i], expected[i]) << "written after row " << rows << ": " << i;
          continue;
        }
        ASSERT_EQ(out[i], lane_out.data()[(s * rows + r) * lane_width()]) << count << " columns, " << i;
        // Products of up to `depth` terms below 1: float rounding grows with their sum.
        ASSERT_NEAR(out[i], dense[s * rows + r], 1e-6 * static_cast<double>(depth + 4)) << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AroundPanels, RowGemmTest,
                         ::testing::Combine(::testing::Values(1, 4, 7, 8, 9, 16, 17, 31, 32, 33, 60, 63, 64,
                                                              65, 128, 129),
                                            ::testing::Values(1, 2, 60)));

Weights lstm_weights(std::size_t inputs, std::size_t units) {
  Weights weights("made up");
  const auto add = [&](const std::string& name, std::vector<std::size_t> shape, unsigned seed) {
    std::size_t size = 1;
    for (const std::size_t n : shape) size *= n;
    weights.insert(name, Tensor::from(random_values(size, seed), std::move(shape)));
  };
  add("weight_ih_l0", {4 * units, inputs}, 5);
  add("weight_hh_l0", {4 * units, units}, 6);
  add("bias_ih_l0", {4 * units}, 7);
  add("bias_hh_l0", {4 * units}, 8);
  return weights;
}

TEST(NarrowLstm, EqualsTheLanesToTheBit) {
  constexpr std::size_t kInputs = 5;
  const std::size_t lanes = lane_width();
  for (const std::size_t units : {3u, 8u, 20u}) {
    const auto direction = read_lstm_direction(lstm_weights(kInputs, units), "", "l0", kInputs, units);
    const NarrowLstmDirection narrow = {RowMatrix(direction.input), RowMatrix(direction.recurrent)};
    // Around the blocks of 8 and 48 steps.
    for (const std::size_t frames : {1u, 7u, 8u, 47u, 48u, 49u, 101u}) {
      for (const std::size_t windows : {1u, 2u, 5u, 8u}) {
        const auto in = random_values(windows * frames * kInputs, 9);
        AlignedBuffer lane_in, lane_out;
        std::fill_n(lane_in.reserve(frames * kInputs * lanes), frames * kInputs * lanes, 0.0f);
        for (std::size_t i = 0; i < in.size(); ++i) {
          const std::size_t place = i % (frames * kInputs);
          lane_in.data()[place * lanes + i / (frames * kInputs)] = in[i];
        }
        std::fill_n(lane_out.reserve(frames * 2 * units * lanes), frames * 2 * units * lanes, 3.0f);
        std::vector<float> out(windows * frames * 2 * units, 3.0f);
        LstmScratch scratch;
        for (const LstmOrder order : {LstmOrder::kForward, LstmOrder::kBackward}) {
          run_lstm_direction(direction, lane_in.data(), frames, order, lane_out.data(), scratch);
          run_narrow_lstm_direction(narrow, {in.data(), out.data(), windows, frames}, order, scratch);
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
          const std::size_t place = i % (frames * 2 * units);
          ASSERT_EQ(out[i], lane_out.data()[place * lanes + i / (frames * 2 * units)])
              << units << " units, " << frames << " frames, " << windows << " windows, " << i;
        }
      }
    }
  }
}

TEST(LogSoftmax, ReadsWithAStep) {
  const std::vector<float> logits = {1.0f, -9.0f, 3.0f, -9.0f, 2.0f, -9.0f};
  std::vector<float> out(3);
  log_softmax(logits.data(), 2, out);
  // log(e^-2 + 1 + e^-1)
  EXPECT_NEAR(out[1], -0.40760596f, 1e-6);
  EXPECT_NEAR(out[0], -2.40760596f, 1e-6);
  EXPECT_NEAR(out[2], -1.40760596f, 1e-6);
}

}  // namespace
}  // namespace diar::nn
