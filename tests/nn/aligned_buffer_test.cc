// Buffers of every size are aligned and writable to their ends; an arena's parts do not overlap.
#include "nn/kernels/aligned_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

#include "nn/kernels/conv2d.h"

namespace diar::nn {
namespace {

constexpr std::size_t kVectorBytes = 64;
constexpr std::size_t kMegabyte = (std::size_t{1} << 20) / sizeof(float);

class AlignedBufferTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(AlignedBufferTest, AlignedAndWritable) {
  // Several at a time: each starts at another place of its page.
  std::vector<AlignedBuffer> buffers;
  for (int i = 0; i < 20; ++i) {
    AlignedBuffer& buffer = buffers.emplace_back(GetParam());
    EXPECT_EQ(buffer.size(), GetParam());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % kVectorBytes, 0u);
    std::fill_n(buffer.data(), GetParam(), static_cast<float>(i));
  }
  for (int i = 0; i < 20; ++i) {
    const float* values = buffers[static_cast<std::size_t>(i)].data();
    EXPECT_TRUE(
        std::all_of(values, values + GetParam(), [&](float x) { return x == static_cast<float>(i); }));
  }
}

INSTANTIATE_TEST_SUITE_P(AroundTheHeapsLimit, AlignedBufferTest,
                         ::testing::Values(1, 17, kMegabyte - 1, kMegabyte, kMegabyte + 1,
                                           2 * kMegabyte - 256, 2 * kMegabyte, 5 * kMegabyte + 3));

TEST(AlignedBuffer, GrowsAndMoves) {
  AlignedBuffer buffer;
  EXPECT_EQ(buffer.data(), nullptr);
  EXPECT_EQ(buffer.size(), 0u);
  for (const std::size_t size : {std::size_t{10}, kMegabyte, 3 * kMegabyte}) {
    float* values = buffer.reserve(size);
    std::fill_n(values, size, 1.0f);
    EXPECT_EQ(buffer.reserve(size / 2), values) << "less needs nothing new";
    EXPECT_EQ(buffer.size(), size);
  }
  const float* values = buffer.data();
  AlignedBuffer other = std::move(buffer);
  EXPECT_EQ(other.data(), values);
  EXPECT_EQ(buffer.size(), 0u);  // NOLINT(bugprone-use-after-move): moved-from buffers are empty
  std::fill_n(buffer.reserve(5), 5, 2.0f);
  EXPECT_EQ(other.data()[3 * kMegabyte - 1], 1.0f);
}

TEST(AlignedBuffer, ImpossibleSizesThrow) {
  AlignedBuffer buffer;
  EXPECT_THROW(buffer.reserve(SIZE_MAX / 4), std::bad_alloc);
  EXPECT_THROW(buffer.reserve(SIZE_MAX), std::bad_alloc);
  EXPECT_EQ(buffer.size(), 0u);
  std::fill_n(buffer.reserve(8), 8, 1.0f);
}

TEST(WeightArena, PartsOfSeveralThreadsDoNotOverlap) {
  constexpr std::size_t kThreads = 4, kParts = 50;
  const auto size_of = [](std::size_t part) { return 1 + part * 7; };
  std::size_t room = 0;
  for (std::size_t part = 0; part < kParts; ++part) room += kThreads * WeightArena::rounded_up(size_of(part));
  WeightArena arena(room);
  std::vector<std::vector<float*>> parts(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t part = 0; part < kParts; ++part) {
        parts[thread].push_back(arena.take(size_of(part)));
        std::fill_n(parts[thread].back(), size_of(part), static_cast<float>(thread * kParts + part));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    for (std::size_t part = 0; part < kParts; ++part) {
      const float* values = parts[thread][part];
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(values) % kVectorBytes, 0u);
      EXPECT_TRUE(std::all_of(values, values + size_of(part),
                              [&](float x) { return x == static_cast<float>(thread * kParts + part); }));
    }
  }
  EXPECT_THROW(arena.take(1), std::bad_alloc);
}

// The same packed weights wherever they lie; the arena's room is just enough.
TEST(WeightArena, HoldsAConvolution) {
  for (const ConvShape& shape :
       {ConvShape{16, 24, 3, 1}, ConvShape{128, 128, 3, 1}, ConvShape{16, 8, 3, 2}, ConvShape{5, 7, 1, 2}}) {
    std::vector<float> weights(shape.out_channels * shape.in_channels * shape.kernel * shape.kernel);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 31) - 15.0f;
    const std::vector<float> bias(shape.out_channels, 1.0f);
    const std::size_t in_padded = padded_channels(shape.in_channels);
    const std::size_t size = Convolution::packed_size(shape, in_padded);
    WeightArena arena(WeightArena::rounded_up(size));
    const Convolution inside(shape, in_padded, weights, bias, &arena);
    const Convolution alone(shape, in_padded, weights, bias);
    EXPECT_TRUE(std::equal(inside.packed(), inside.packed() + size, alone.packed()));
    EXPECT_THROW(arena.take(1), std::bad_alloc);
  }
}

}  // namespace
}  // namespace diar::nn
