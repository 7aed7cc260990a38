// Every codec and container that people have, made on the spot: length, level, pitch and timing survive.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "cli/command.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "io/audio/encoder.h"

namespace diar {
namespace {

using audio_test::encode;
using audio_test::Encoding;

constexpr double kOnset_s = 0.5;
constexpr double kLength_s = 2.0;
constexpr float kLevel = 0.25f;

// Silence up to `kOnset_s`, then a tone of 300 Hz in the first channel, 600 Hz in the second, ...
std::vector<std::vector<float>> tones(int sample_rate_hz, std::size_t num_channels) {
  std::vector<std::vector<float>> channels(num_channels);
  for (std::size_t c = 0; c < num_channels; ++c) {
    const double step = 2.0 * std::numbers::pi * 300.0 * static_cast<double>(c + 1) / sample_rate_hz;
    for (int i = 0; i < static_cast<int>(kLength_s * sample_rate_hz); ++i)
      channels[c].push_back(i < kOnset_s * sample_rate_hz ? 0.0f
                                                          : kLevel * static_cast<float>(std::sin(step * i)));
  }
  return channels;
}

// Amplitude of one frequency over samples [from, to).
double amplitude(const std::vector<float>& samples, double frequency_hz, std::size_t from, std::size_t to) {
  std::complex<double> sum = 0.0;
  for (std::size_t i = from; i < to; ++i) {
    sum += std::polar(static_cast<double>(samples[i]),
                      -2.0 * std::numbers::pi * frequency_hz * static_cast<double>(i) / kModelSampleRateHz);
  }
  return 2.0 * std::abs(sum) / static_cast<double>(to - from);
}

// Between 0.8 and 1.8 s every tone has run in and whole periods fit.
double level_of(const Waveform& waveform, double frequency_hz) {
  return amplitude(waveform.samples, frequency_hz, 12800, 28800);
}

double onset_s(const Waveform& waveform) {
  for (std::size_t i = 0; i < waveform.samples.size(); ++i) {
    if (std::abs(waveform.samples[i]) > 0.04f) return static_cast<double>(i) / kModelSampleRateHz;
  }
  return -1.0;
}

struct CodecCase {
  const char* name;
  Encoding encoding;
  std::size_t num_channels;
  double length_tolerance_s;  // whole frames of the codec, where the container does not say where to stop
  double onset_tolerance_s = 0.012;  // lossy codecs ring some milliseconds before an onset
};

void PrintTo(const CodecCase& tested, std::ostream* out) {
  *out << tested.name;
}

class Codec : public ::testing::TestWithParam<CodecCase> {
 protected:
  std::string file() {
    const std::string path = directory_.file(GetParam().name);
    encode(path, GetParam().encoding, tones(GetParam().encoding.sample_rate_hz, GetParam().num_channels));
    return path;
  }
  TemporaryDirectory directory_;
};

TEST_P(Codec, MeanOfTheChannels) {
  const Waveform waveform = load_audio(file());
  EXPECT_EQ(waveform.sample_rate_hz, 16000);
  const auto num_channels = GetParam().num_channels;
  const double length_s = static_cast<double>(waveform.samples.size()) / kModelSampleRateHz;
  EXPECT_NEAR(length_s, kLength_s, GetParam().length_tolerance_s);
  ASSERT_GT(waveform.samples.size(), 28800u);
  // The encoder's own delay has been cut off.
  EXPECT_NEAR(onset_s(waveform), kOnset_s, GetParam().onset_tolerance_s);
  for (std::size_t c = 0; c < std::min<std::size_t>(num_channels, 2); ++c) {
    const double expected = static_cast<double>(kLevel) / static_cast<double>(num_channels);
    EXPECT_NEAR(level_of(waveform, 300.0 * static_cast<double>(c + 1)), expected, 0.1 * expected) << c;
  }
}

TEST_P(Codec, OneChannelAlone) {
  AudioOptions options;
  options.channel = static_cast<int>(GetParam().num_channels) - 1;
  // AAC and Opus low-pass the sixth channel of 5.1 or share bits between channels: take the second at most.
  options.channel = std::min(*options.channel, 1);
  const Waveform waveform = load_audio(file(), options);
  EXPECT_NEAR(level_of(waveform, 300.0 * (*options.channel + 1)), kLevel, 0.1 * kLevel);
  if (*options.channel == 1) {
    EXPECT_LT(level_of(waveform, 300.0), 0.1 * kLevel);
  }
  options.channel = static_cast<int>(GetParam().num_channels);
  EXPECT_THROW(load_audio(file(), options), AudioError);
}

INSTANTIATE_TEST_SUITE_P(
    All, Codec,
    ::testing::Values(CodecCase{"pcm16.wav", {"wav", "pcm_s16le", 44100}, 2, 0.001},
                      CodecCase{"pcm24.wav", {"wav", "pcm_s24le", 48000}, 1, 0.001},
                      CodecCase{"float.wav", {"wav", "pcm_f32le", 16000}, 2, 0.001},
                      CodecCase{"phone.wav", {"wav", "pcm_mulaw", 8000}, 1, 0.001},
                      CodecCase{"studio.wav", {"wav", "pcm_s16le", 96000}, 6, 0.001},
                      CodecCase{"a.flac", {"flac", "flac", 44100}, 2, 0.001},
                      CodecCase{"a.mp3", {"mp3", "libmp3lame", 44100}, 2, 0.03},
                      CodecCase{"a.m4a", {"ipod", "aac", 44100}, 2, 0.05},
                      CodecCase{"opus.ogg", {"ogg", "libopus", 48000}, 2, 0.03},
                      CodecCase{"vorbis.ogg", {"ogg", "libvorbis", 44100}, 2, 0.03},
                      CodecCase{"film.mp4", {"mp4", "aac", 48000, "mpeg4"}, 2, 0.05},
                      // FFmpeg's Matroska does not say how long AAC's delay is: 1024 samples stay in.
                      CodecCase{"film.mkv", {"matroska", "aac", 48000, "mpeg4"}, 2, 0.05, 0.025},
                      CodecCase{"film.webm", {"webm", "libopus", 48000, "libvpx"}, 2, 0.03}),
    [](const auto& tested) {
      std::string name = tested.param.name;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

class PassThrough : public ::testing::TestWithParam<Encoding> {};

TEST_P(PassThrough, Pcm16At16kHzIsBitExact) {
  const TemporaryDirectory directory;
  std::vector<float> samples = {-1.0f, 32767.0f / 32768.0f, 0.0f, 1.0f / 32768.0f, -1.0f / 32768.0f};
  for (const std::int16_t value : cli_test::noise(50000))
    samples.push_back(static_cast<float>(value) / 32768.0f);
  encode(directory.file("a"), GetParam(), {samples});
  EXPECT_EQ(load_audio(directory.file("a")).samples, samples);
}

INSTANTIATE_TEST_SUITE_P(Lossless, PassThrough,
                         ::testing::Values(Encoding{"wav", "pcm_s16le"}, Encoding{"flac", "flac"},
                                           Encoding{"matroska", "pcm_s16le"}),
                         [](const auto& tested) {
                           return std::string(tested.param.container) + "_" + tested.param.audio_codec;
                         });

TEST(DownMix, IsTheMeanInFloat) {
  const TemporaryDirectory directory;
  const auto left = cli_test::noise(3000);
  std::vector<std::int16_t> interleaved;
  std::vector<float> expected;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const std::int16_t right = left[left.size() - 1 - i];
    interleaved.push_back(left[i]);
    interleaved.push_back(right);
    expected.push_back((static_cast<float>(left[i]) / 32768.0f + static_cast<float>(right) / 32768.0f) /
                       2.0f);
  }
  cli_test::write_text(directory.file("a.wav"), cli_test::wav_bytes(interleaved, 16000, 2));
  EXPECT_EQ(load_audio(directory.file("a.wav")).samples, expected);
}

// soxr's high quality: the pass band is flat, what lies above 8 kHz is gone. A cheap resampler is 40 dB
// worse.
TEST(Resampling, KeepsTheBandAndNothingElse) {
  for (const int rate_hz : {44100, 48000, 22050, 96000}) {
    Waveform tone;
    tone.sample_rate_hz = rate_hz;
    const auto resampled = [&](double frequency_hz) {
      tone.samples.clear();
      for (int i = 0; i < 2 * rate_hz; ++i)
        tone.samples.push_back(
            static_cast<float>(std::sin(2.0 * std::numbers::pi * frequency_hz * i / rate_hz)));
      Waveform result;
      result.samples.resize(2 * 16000);
      result.samples.resize(open_waveform(tone)->read(result.samples));
      return result;
    };
    const Waveform low = resampled(1000.0);
    ASSERT_EQ(low.samples.size(), 32000u) << rate_hz;
    for (std::size_t i = 8000; i < 24000; ++i) {
      const double expected = std::sin(2.0 * std::numbers::pi * 1000.0 * static_cast<double>(i) / 16000.0);
      ASSERT_NEAR(low.samples[i], expected, 3e-5) << rate_hz << " Hz, sample " << i;
    }
    if (rate_hz < 20000) continue;
    const Waveform high = resampled(10000.0);
    for (std::size_t i = 8000; i < 24000; ++i) ASSERT_LT(std::abs(high.samples[i]), 3e-5) << rate_hz << " Hz";
  }
}

}  // namespace
}  // namespace diar
