#include "io/audio/level_meter.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace diar {
namespace {

TEST(LevelMeterTest, OneLevelForEachBlock) {
  LevelMeter meter;
  std::vector<float> samples(320, 1.0f);
  samples.resize(640, 0.0f);
  samples.resize(960, 0.1f);  // 20 dB below the first block, of 48
  samples.resize(1000, 0.0f);
  meter.write(samples);
  const auto levels = meter.finish();
  ASSERT_EQ(levels.size(), 4u);
  EXPECT_EQ(levels[0], 255);
  EXPECT_EQ(levels[1], 0);
  // 255 (1 - 20 / 48) = 148.75; a float's 0.1 may round it either way.
  EXPECT_NEAR(levels[2], 149, 1);
  EXPECT_EQ(levels[3], 0);
  EXPECT_DOUBLE_EQ(meter.step_s(), 0.02);
  EXPECT_DOUBLE_EQ(meter.duration_s(), 1000.0 / 16000.0);
}

TEST(LevelMeterTest, PiecesOfAnySizeGiveTheSame) {
  std::vector<float> samples(5000);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(i % 97) / 97.0f;
  LevelMeter whole;
  whole.write(samples);
  const auto expected = whole.finish();
  for (const std::size_t piece : {1u, 7u, 319u, 320u, 321u, 4999u}) {
    LevelMeter meter;
    for (std::size_t at = 0; at < samples.size(); at += piece) {
      meter.write(std::span(samples).subspan(at, std::min(piece, samples.size() - at)));
    }
    EXPECT_EQ(meter.finish(), expected) << piece;
  }
}

TEST(LevelMeterTest, LongRecordingsHaveCoarserLevels) {
  LevelMeter meter;
  // Loud in the second quarter only.
  const std::size_t quarter = 320 * 5000;
  const std::vector<float> silence(quarter, 0.0f);
  const std::vector<float> speech(quarter, 0.5f);
  for (const auto* part : {&silence, &speech, &silence, &silence}) meter.write(*part);
  const auto levels = meter.finish();
  EXPECT_LE(levels.size(), LevelMeter::kMaxLevels);
  EXPECT_GT(levels.size(), LevelMeter::kMaxLevels / 4);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double start_s = static_cast<double>(i) * meter.step_s();
    if (start_s >= 100.0 && start_s + meter.step_s() <= 200.0) {
      EXPECT_EQ(levels[i], 255) << i;
    } else if (start_s >= 200.0 || start_s + meter.step_s() <= 100.0) {
      EXPECT_EQ(levels[i], 0) << i;
    }
  }
}

TEST(LevelMeterTest, NoSamplesAndBadSamples) {
  LevelMeter empty;
  EXPECT_TRUE(empty.finish().empty());
  LevelMeter bad;
  const std::vector<float> samples(320, std::numeric_limits<float>::quiet_NaN());
  bad.write(samples);
  EXPECT_EQ(bad.finish(), std::vector<std::uint8_t>{0});
}

}  // namespace
}  // namespace diar
