// CAM++ on the CPU against plain loops over the same weights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "bf16_products.h"
#include "core/instruction_set.h"
#include "diar/errors.h"
#include "networks/campplus/cpu.h"
#include "networks/campplus_fixture.h"

namespace diar::cpu {
namespace {

using campplus_test::Noise;
using campplus_test::random_weights;
using campplus_test::Reference;

const Weights& weights() {
  static const Weights kept = random_weights(192, 1);
  return kept;
}

const Campplus& network() {
  static const Campplus kept(read_campplus_weights(weights()));
  return kept;
}

std::vector<float> features(std::size_t num_frames, std::uint64_t seed) {
  return Noise(seed).values(num_frames * kCampplusMels, 3.0f);
}

std::vector<float> embed(const Campplus& network, std::span<const float> features, CampplusScratch& scratch) {
  std::vector<float> embedding(network.dimension());
  network.embed(features, scratch, embedding);
  return embedding;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0.0, first = 0.0, second = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    first += static_cast<double>(a[i]) * a[i];
    second += static_cast<double>(b[i]) * b[i];
  }
  return product / std::sqrt(first * second);
}

void expect_equal_to_reference(const std::vector<float>& ours, const std::vector<float>& expected) {
  ASSERT_EQ(ours.size(), expected.size());
  float largest = 0.0f;
  for (const float value : expected) largest = std::max(largest, std::abs(value));
  EXPECT_GT(largest, 0.1f);
  EXPECT_GE(cosine(ours, expected), 0.999999);
  // Some 70 layers of float32 sums and Winograd's transforms; a wrong tap or norm is at least 1e-2 away.
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], expected[i], 2e-4f * largest) << i;
}

class CampplusFrames : public ::testing::TestWithParam<std::size_t> {};

// One frame; odd and even; around the groups of rows, the segments of 100 frames after the stride, and the
// strips.
TEST_P(CampplusFrames, EqualReference) {
  const auto input = features(GetParam(), 2);
  CampplusScratch scratch;
  expect_equal_to_reference(embed(network(), input, scratch), Reference(weights()).embed(input));
}

INSTANTIATE_TEST_SUITE_P(AroundGroups, CampplusFrames, ::testing::Values(1, 2, 11, 16, 203));

TEST(Campplus, OtherDimensions) {
  // 512 as WeSpeaker has it; 50 fills no vector.
  for (const std::size_t dimension : {512, 50}) {
    const Weights other = random_weights(dimension, 3);
    const auto input = features(21, 4);
    CampplusScratch scratch;
    expect_equal_to_reference(embed(Campplus(read_campplus_weights(other)), input, scratch),
                              Reference(other).embed(input));
  }
}

// A pupil of such a network may be smaller.
TEST(Campplus, OtherDepths) {
  const Weights other = random_weights(192, 8, {1, 5, 2}, {96, 288, 64});
  const auto input = features(37, 9);
  CampplusScratch scratch;
  expect_equal_to_reference(embed(Campplus(read_campplus_weights(other)), input, scratch),
                            Reference(other).embed(input));
}

// Random weights amplify a rounding more than trained ones do: docs/dev/2026-11-performance.md has those.
TEST(Campplus, Bfloat16IsClose) {
  const Campplus mixed(read_campplus_weights(weights()), nn::ProductPrecision::kBfloat16);
  CampplusScratch scratch;
  for (const std::size_t frames : {16, 203}) {
    const auto input = features(frames, 2);
    const auto exact = embed(network(), input, scratch);
    const auto ours = embed(mixed, input, scratch);
    EXPECT_GT(cosine(ours, exact), 0.999) << frames;
    EXPECT_EQ(ours != exact, has_bf16_products()) << frames;
    embed(mixed, features(61, 3), scratch);
    EXPECT_EQ(embed(mixed, input, scratch), ours) << "what ran before shows";
  }
}

// What ran before in the same memory, longer or shorter, must not show.
TEST(Campplus, ScratchLeavesNoTrace) {
  CampplusScratch used;
  const auto input = features(61, 5);
  CampplusScratch fresh;
  const auto expected = embed(network(), input, fresh);
  for (const std::size_t other : {230, 7, 62, 1}) {
    embed(network(), features(other, other), used);
    EXPECT_EQ(embed(network(), input, used), expected) << "after " << other << " frames";
  }
}

TEST(Campplus, ThreadsShareOneNetwork) {
  std::vector<std::vector<float>> expected(3), got(3);
  const auto run = [&](std::size_t i, std::vector<float>& embedding) {
    CampplusScratch scratch;
    embedding = embed(network(), features(30 + i, i), scratch);
  };
  for (std::size_t i = 0; i < 3; ++i) run(i, expected[i]);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 3; ++i) threads.emplace_back([&, i] { run(i, got[i]); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(got, expected);
}

TEST(Campplus, WrongSpansAreRefused) {
  CampplusScratch scratch;
  std::vector<float> embedding(192);
  const auto input = features(4, 1);
  EXPECT_THROW(network().embed({}, scratch, embedding), InvalidArgument);
  EXPECT_THROW(network().embed(std::span(input).first(100), scratch, embedding), InvalidArgument);
  EXPECT_THROW(network().embed(input, scratch, std::span(embedding).first(191)), InvalidArgument);
}

std::string refusal(const Weights& stored) {
  try {
    read_campplus_weights(stored);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(CampplusWeights, WhatDoesNotFitIsNamed) {
  for (const char* name : {"xvector.block2.tdnnd7.cam_layer.linear2.bias", "head.layer1.0.shortcut.1.weight",
                           "xvector.dense.linear.weight"}) {
    Weights incomplete("campplus.pt");
    for (const auto& [stored, tensor] : weights().tensors()) {
      if (stored != name) incomplete.insert(stored, tensor);
    }
    EXPECT_THAT(refusal(incomplete),
                ::testing::AllOf(::testing::HasSubstr(name), ::testing::HasSubstr("campplus.pt")));
  }
  Weights other = weights();
  other.insert("xvector.block1.tdnnd2.linear1.weight",
               Tensor::from(std::vector<float>(64 * 160), {64, 160, 1}));
  EXPECT_THAT(refusal(other), ::testing::HasSubstr("xvector.block1.tdnnd2.linear1.weight"));
  // Kernels write whole vectors.
  const Weights odd = random_weights(192, 8, {1, 1, 1}, {96, 100, 64});
  EXPECT_THAT(refusal(odd), ::testing::HasSubstr("xvector.transit2.linear.weight"));
  Weights negative = weights();
  negative.insert("head.bn1.running_var", Tensor::from(std::vector<float>(32, -1.0f), {32}));
  EXPECT_THAT(refusal(negative), ::testing::HasSubstr("head.bn1.running_var"));
}

}  // namespace
}  // namespace diar::cpu
