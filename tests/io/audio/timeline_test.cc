// A sample's position is the time at which players show it: late tracks, gaps, joined programmes, absurd time
// stamps.
#include "io/audio/timeline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "cli/command.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "io/audio/encoder.h"

namespace diar {
namespace {

using audio_test::encode;
using audio_test::Encoding;

// A constant tone, so that every silence in what was decoded was put there.
std::vector<std::vector<float>> tone(double duration_s, int rate_hz) {
  std::vector<std::vector<float>> channels(1);
  for (int i = 0; i < static_cast<int>(duration_s * rate_hz); ++i)
    channels[0].push_back(0.3f * static_cast<float>(std::sin(2.0 * std::numbers::pi * 400.0 * i / rate_hz)));
  return channels;
}

struct Span {
  double start_s;
  double end_s;
};
// Where there is sound, in steps of 10 ms; holes under 50 ms do not count.
std::vector<Span> sounding(const Waveform& waveform) {
  std::vector<Span> spans;
  constexpr std::size_t kStep = 160;
  for (std::size_t at = 0; at + kStep <= waveform.samples.size(); at += kStep) {
    float loudest = 0.0f;
    for (std::size_t i = at; i < at + kStep; ++i) loudest = std::max(loudest, std::abs(waveform.samples[i]));
    if (loudest < 0.1f) continue;
    const double start_s = static_cast<double>(at) / kModelSampleRateHz;
    if (spans.empty() || start_s > spans.back().end_s + 0.05) spans.push_back({start_s, start_s});
    spans.back().end_s = start_s + 0.01;
  }
  return spans;
}

void expect_sounding(const std::string& path, const std::vector<Span>& expected) {
  const auto found = sounding(load_audio(path));
  ASSERT_EQ(found.size(), expected.size()) << path;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i].start_s, expected[i].start_s, 0.06) << path << " " << i;
    EXPECT_NEAR(found[i].end_s, expected[i].end_s, 0.06) << path << " " << i;
  }
}

struct Case {
  const char* name;
  Encoding encoding;
  std::vector<Span> sound;
};
void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}
class Times : public ::testing::TestWithParam<Case> {};

TEST_P(Times, AreThoseOfAPlayer) {
  const TemporaryDirectory directory;
  const std::string path = directory.file(GetParam().name);
  encode(path, GetParam().encoding, tone(3.0, GetParam().encoding.sample_rate_hz));
  expect_sounding(path, GetParam().sound);
}

Encoding late(const char* container, const char* codec, int rate_hz, double start_s) {
  return {.container = container, .audio_codec = codec, .sample_rate_hz = rate_hz, .start_s = start_s};
}
Encoding film(const char* container, const char* codec, int rate_hz, double start_s,
              double video_start_s = 0.0, const char* video_codec = "mpeg4") {
  return {.container = container,
          .audio_codec = codec,
          .sample_rate_hz = rate_hz,
          .video_codec = video_codec,
          .start_s = start_s,
          .video_start_s = video_start_s};
}
Encoding gap(const char* container, const char* codec, int rate_hz, double gap_s, double start_s = 0.0) {
  return {.container = container,
          .audio_codec = codec,
          .sample_rate_hz = rate_hz,
          .start_s = start_s,
          .gap_at_s = 1.0,
          .gap_s = gap_s};
}

INSTANTIATE_TEST_SUITE_P(
    Files, Times,
    ::testing::Values(
        // An offset that all tracks share moves nothing: parts of a longer recording begin at 0.
        Case{"late.webm", late("webm", "libopus", 48000, 30.0), {{0, 3}}},
        Case{"late.mka", late("matroska", "pcm_s16le", 16000, 100.0), {{0, 3}}},
        Case{"late.ogg", late("ogg", "libopus", 48000, 30.0), {{0, 3}}},
        Case{"late.ts", late("mpegts", "mp2", 48000, 30.0), {{0, 3}}},
        Case{"late.nut", late("nut", "pcm_s16le", 16000, 30.0), {{0, 3}}},
        Case{"late.wma", late("asf", "wmav2", 44100, 30.0), {{0, 3}}},
        Case{"late_all.mkv", film("matroska", "aac", 48000, 30.0, 30.0), {{0, 3}}},
        Case{"late_all.ts", film("mpegts", "mp2", 48000, 30.0, 30.0), {{0, 3}}},
        // A track that begins after the pictures does so here.
        Case{"late.mp4", film("mp4", "aac", 48000, 5.0), {{5, 8}}},
        Case{"late.mov", film("mov", "pcm_s16le", 48000, 5.0), {{5, 8}}},
        Case{"late.mkv", film("matroska", "aac", 48000, 5.0), {{5, 8}}},
        Case{"late_both.mkv", film("matroska", "aac", 48000, 35.0, 30.0), {{5, 8}}},
        Case{"late.wmv", film("asf", "wmav2", 44100, 5.0), {{5, 8}}},
        Case{"late_film.ts", film("mpegts", "mp2", 48000, 5.0), {{5, 8}}},
        Case{"late.flv", film("flv", "libmp3lame", 44100, 5.0, 0.0, "flv"), {{5, 8}}},
        // Pictures that begin later do not matter.
        Case{"early.mkv", film("matroska", "aac", 48000, 0.0, 5.0), {{0, 3}}},
        Case{"early.mp4", film("mp4", "aac", 48000, 0.0, 5.0), {{0, 3}}},
        // Gaps are silence.
        Case{"gap.mka", gap("matroska", "pcm_s16le", 16000, 4.0), {{0, 1}, {5, 7}}},
        Case{"gap.webm", gap("webm", "libopus", 48000, 4.0), {{0, 1}, {5, 7}}},
        Case{"late_gap.webm", gap("webm", "libopus", 48000, 4.0, 30.0), {{0, 1}, {5, 7}}},
        Case{"gap.mp4", gap("mp4", "aac", 48000, 4.0), {{0, 1}, {5, 7}}},
        Case{"gap.flv", gap("flv", "libmp3lame", 44100, 4.0), {{0, 1}, {5, 7}}},
        Case{"gap.nut", gap("nut", "pcm_s16le", 16000, 4.0), {{0, 1}, {5, 7}}},
        Case{"gap.wma", gap("asf", "wmav2", 44100, 4.0), {{0, 1}, {5, 7}}},
        Case{"gap.ts", gap("mpegts", "mp2", 48000, 4.0), {{0, 1}, {5, 7}}},
        Case{"small_gap.mka", gap("matroska", "pcm_s16le", 16000, 0.2), {{0, 1}, {1.2, 3.2}}},
        // Programmes that were joined: no player is silent for an hour there.
        Case{"joined.ts", gap("mpegts", "mp2", 48000, 3600.0), {{0, 3}}}),
    [](const auto& tested) {
      std::string name = tested.param.name;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

// Radio streams are joined from parts, and every part may have a rate of its own; its times count in that.
TEST(TimesOfFiles, JoinedOggOfOtherRates) {
  const TemporaryDirectory directory;
  const auto part = [&](int rate_hz) {
    encode(directory.file("part.ogg"), {"ogg", "libvorbis", rate_hz}, tone(3.0, rate_hz));
    return cli_test::read_text(directory.file("part.ogg"));
  };
  const std::string low = part(16000);
  const std::string high = part(44100);
  for (const std::string& bytes : {low + high, high + low}) {
    cli_test::write_text(directory.file("joined.ogg"), bytes);
    EXPECT_NEAR(static_cast<double>(load_audio(directory.file("joined.ogg")).samples.size()), 6.0 * 16000,
                1600.0);
  }
  cli_test::write_text(directory.file("joined.ogg"), low + high + low);
  EXPECT_NEAR(static_cast<double>(load_audio(directory.file("joined.ogg")).samples.size()), 9.0 * 16000,
              1600.0);
}

// AVI counts bytes; a byte rate that is wrong makes its times wrong, and no silence.
TEST(TimesOfFiles, TimesThatAreCountedFromBytesAreNotTrusted) {
  const TemporaryDirectory directory;
  encode(directory.file("a.avi"), {"avi", "pcm_s16le", 16000}, tone(3.0, 16000));
  std::string bytes = cli_test::read_text(directory.file("a.avi"));
  const std::size_t header = bytes.find("auds");
  ASSERT_NE(header, std::string::npos);
  bytes.replace(header + 24, 4, std::string("\x40\x1f\0\0", 4));  // 8000 blocks a second
  cli_test::write_text(directory.file("a.avi"), bytes);
  AudioOptions options;
  options.allow_truncated = true;
  EXPECT_EQ(load_audio(directory.file("a.avi"), options).samples.size(), 48000u);
}

// 10^6 s of silence would be 64 GB in memory, and days of work.
TEST(TimesOfFiles, AbsurdGapsAreAnError) {
  const TemporaryDirectory directory;
  encode(directory.file("a.mka"), gap("matroska", "pcm_s16le", 16000, 1e6), tone(3.0, 16000));
  const auto audio = open_audio(directory.file("a.mka"));
  std::vector<float> block(16000);
  try {
    for (int i = 0; i < 10; ++i) audio->read(block);
    ADD_FAILURE();
  } catch (const AudioError& error) {
    EXPECT_NE(std::string(error.what()).find("a.mka"), std::string::npos) << error.what();
  }
}

// A gap that recorders left is one; bytes that were lost on a disk are damage, in the same container.
TEST(TimesOfFiles, DamageIsNoGap) {
  const TemporaryDirectory directory;
  encode(directory.file("whole.mka"), {"matroska", "libmp3lame", 16000}, tone(30.0, 16000));
  std::string bytes = cli_test::read_text(directory.file("whole.mka"));
  EXPECT_NEAR(static_cast<double>(load_audio(directory.file("whole.mka")).samples.size()), 30.0 * 16000,
              1600.0);
  for (std::size_t i = bytes.size() / 3; i < bytes.size() / 2; ++i) bytes[i] = 0;
  cli_test::write_text(directory.file("damaged.mka"), bytes);
  EXPECT_THROW(load_audio(directory.file("damaged.mka")), AudioError);
  // Taken as it is, what follows the damage stands where it was.
  AudioOptions options;
  options.allow_truncated = true;
  EXPECT_NEAR(static_cast<double>(load_audio(directory.file("damaged.mka"), options).samples.size()),
              30.0 * 16000, 1600.0);
}

TEST(TimelineTest, JitterIsNoGap) {
  Timeline timeline(10.0, false);
  EXPECT_EQ(timeline.silence_before_s(10.005), 0.0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(timeline.silence_before_s(10.0 + 0.02 * i + (i % 2 == 0 ? 0.04 : -0.04)), 0.0) << i;
    timeline.advance(0.02);
  }
  EXPECT_NEAR(timeline.position_s(), 2.0, 1e-9);
}

TEST(TimelineTest, ALateFirstFrameAndGaps) {
  Timeline timeline(10.0, false);
  EXPECT_NEAR(timeline.silence_before_s(10.02), 0.02, 1e-9);
  timeline.advance(1.0);
  EXPECT_NEAR(timeline.silence_before_s(100.0), 88.98, 1e-9);
  EXPECT_NEAR(timeline.position_s(), 90.0, 1e-9);
  EXPECT_EQ(timeline.silence_before_s(90.0 + 10.0), 0.0);
}

TEST(TimelineTest, JumpsOfJoinedProgrammes) {
  Timeline timeline(0.0, true);
  timeline.silence_before_s(0.0);
  timeline.advance(5.0);
  EXPECT_EQ(timeline.silence_before_s(1000.0), 0.0);
  timeline.advance(1.0);
  EXPECT_NEAR(timeline.silence_before_s(1003.0), 2.0, 1e-9);
  timeline.advance(1.0);
  EXPECT_EQ(timeline.silence_before_s(2.0), 0.0);  // back
  timeline.advance(1.0);
  EXPECT_EQ(timeline.silence_before_s(3.0), 0.0);
  EXPECT_NEAR(timeline.position_s(), 10.0, 1e-9);
}

TEST(TimelineTest, NoNumberIsNoTime) {
  Timeline timeline(std::numeric_limits<double>::quiet_NaN(), false);
  EXPECT_EQ(timeline.silence_before_s(1.0), 0.0);
  Timeline endless(0.0, false);
  EXPECT_EQ(endless.silence_before_s(std::numeric_limits<double>::infinity()), 0.0);
}

}  // namespace
}  // namespace diar
