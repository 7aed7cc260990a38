#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "diar/errors.h"
#include "diar/io/audio.h"
#include "diar/io/report.h"
#include "temporary_directory.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

std::vector<float> tone(double duration_s, double frequency_hz) {
  std::vector<float> samples(static_cast<std::size_t>(duration_s * kModelSampleRateHz));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = 0.5f * static_cast<float>(std::sin(2.0 * std::numbers::pi * frequency_hz *
                                                    static_cast<double>(i) / kModelSampleRateHz));
  }
  return samples;
}

ReportAudio encode(const std::vector<float>& samples, const ReportAudioOptions& options = {}) {
  ReportAudioEncoder encoder(options);
  for (std::size_t at = 0; at < samples.size(); at += 1000) {
    encoder.write(std::span(samples).subspan(at, std::min<std::size_t>(1000, samples.size() - at)));
  }
  return encoder.finish();
}

Waveform decode(const std::string& bytes) {
  const TemporaryDirectory folder;
  const std::string path = folder.file("report.webm");
  std::ofstream(path, std::ios::binary) << bytes;
  return load_audio(path);
}

// Strength of one frequency, 1 for a pure tone of amplitude 0.5.
double strength(std::span<const float> samples, double frequency_hz) {
  double cosine = 0.0;
  double sine = 0.0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double phase = 2.0 * std::numbers::pi * frequency_hz * static_cast<double>(i) / kModelSampleRateHz;
    cosine += static_cast<double>(samples[i]) * std::cos(phase);
    sine += static_cast<double>(samples[i]) * std::sin(phase);
  }
  return 4.0 * std::hypot(cosine, sine) / static_cast<double>(samples.size());
}

TEST(ReportAudioTest, IsTheSameSoundAtTheSameTime) {
  // One second of 440 Hz, then one of 1000 Hz: a shift in time would show in both halves.
  std::vector<float> samples = tone(1.0, 440.0);
  const auto second = tone(1.0, 1000.0);
  samples.insert(samples.end(), second.begin(), second.end());
  const ReportAudio audio = encode(samples);
  EXPECT_EQ(audio.mime_type, "audio/webm");
  EXPECT_DOUBLE_EQ(audio.duration_s, 2.0);
  EXPECT_FALSE(audio.too_large);
  const Waveform decoded = decode(audio.bytes);
  // A frame of Opus is 60 ms; whole ones are stored.
  EXPECT_NEAR(static_cast<double>(decoded.samples.size()) / kModelSampleRateHz, 2.0, 0.06);
  const auto part = [&](double from_s, double to_s) {
    return std::span(decoded.samples)
        .subspan(static_cast<std::size_t>(from_s * kModelSampleRateHz),
                 static_cast<std::size_t>((to_s - from_s) * kModelSampleRateHz));
  };
  // Within 10 ms of the change each half holds its own tone only. Opus keeps tones, not amplitudes, exactly.
  EXPECT_GT(strength(part(0.05, 0.99), 440.0), 0.8);
  EXPECT_LT(strength(part(0.05, 0.99), 1000.0), 0.1);
  EXPECT_GT(strength(part(1.01, 1.95), 1000.0), 0.8);
  EXPECT_LT(strength(part(1.01, 1.95), 440.0), 0.1);
}

TEST(ReportAudioTest, IsCompactAndEqualForEqualInput) {
  const auto samples = tone(20.0, 300.0);
  const ReportAudio audio = encode(samples);
  // 24 kbit/s are 60 kB; a pure tone needs less, the container some more.
  EXPECT_LT(audio.bytes.size(), 75000u);
  EXPECT_GT(audio.bytes.size(), 5000u);
  EXPECT_EQ(encode(samples).bytes, audio.bytes);
  EXPECT_FALSE(audio.levels.empty());
}

TEST(ReportAudioTest, BeyondTheLimitThereAreOnlyLevels) {
  const ReportAudio audio = encode(tone(20.0, 300.0), {.max_bytes = 4096});
  EXPECT_TRUE(audio.too_large);
  EXPECT_TRUE(audio.bytes.empty());
  EXPECT_FALSE(audio.levels.empty());
  EXPECT_DOUBLE_EQ(audio.duration_s, 20.0);
}

TEST(ReportAudioTest, WithoutEmbeddingThereAreOnlyLevels) {
  const ReportAudio audio = encode(tone(1.0, 300.0), {.embed = false});
  EXPECT_FALSE(audio.too_large);
  EXPECT_TRUE(audio.bytes.empty());
  EXPECT_EQ(audio.levels.size(), 50u);
}

// Around the encoder's frame of 960 samples.
class ReportAudioLengthTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ReportAudioLengthTest, AnyLengthCanBeDecoded) {
  std::vector<float> samples = tone(1.0, 440.0);
  samples.resize(GetParam());
  const ReportAudio audio = encode(samples);
  const Waveform decoded = decode(audio.bytes);
  EXPECT_NEAR(static_cast<double>(decoded.samples.size()), static_cast<double>(GetParam()), 960.0);
}

INSTANTIATE_TEST_SUITE_P(AroundFrames, ReportAudioLengthTest,
                         ::testing::Values(959, 960, 961, 1919, 1920, 1921, 16000));

TEST(ReportAudioTest, NoSamplesNoBytes) {
  EXPECT_TRUE(ReportAudioEncoder().finish().bytes.empty());
}

TEST(ReportAudioTest, BadSamplesAreSilence) {
  std::vector<float> samples(16000, INFINITY);
  samples[0] = NAN;
  const Waveform decoded = decode(encode(samples).bytes);
  for (const float sample : decoded.samples) ASSERT_NEAR(sample, 0.0f, 1e-3f);
}

TEST(ReportAudioTest, ImpossibleBitRatesAreRefused) {
  EXPECT_THROW(ReportAudioEncoder({.bit_rate_bps = 5999}), InvalidArgument);
  EXPECT_THROW(ReportAudioEncoder({.bit_rate_bps = 128001}), InvalidArgument);
}

}  // namespace
}  // namespace diar
