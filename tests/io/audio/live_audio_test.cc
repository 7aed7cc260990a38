// Streams as they come: WAV headers in pieces, every kind of sample, lengths that are not known, hostile
// headers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "diar/errors.h"
#include "diar/io/live_audio.h"
#include "io/audio/wav_header.h"

namespace diar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string number(std::uint64_t value, int num_bytes) {
  std::string bytes;
  for (int i = 0; i < num_bytes; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

struct Format {
  unsigned tag = 1;
  unsigned bits = 16;
  unsigned channels = 1;
  unsigned rate_hz = 16000;
};

std::string header(const Format& format, std::uint64_t data_bytes, const std::string& before_data = {}) {
  const unsigned frame = format.channels * format.bits / 8;
  return "RIFF" + number(0xFFFFFFFF, 4) + "WAVE" + "fmt " + number(16, 4) + number(format.tag, 2) +
         number(format.channels, 2) + number(format.rate_hz, 4) + number(format.rate_hz * frame, 4) +
         number(frame, 2) + number(format.bits, 2) + before_data + "data" + number(data_bytes, 4);
}

/// What a pipe gives that gets `bytes` in pieces and is closed then.
struct Heard {
  std::vector<float> samples;
  std::vector<std::string> warnings;
};
Heard hear(const std::string& bytes, LiveAudioOptions options = {}, std::size_t piece = 5) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  Heard heard;
  options.on_warning = [&](const std::string& text) { heard.warnings.push_back(text); };
  LiveAudio audio(ends[0], "the pipe", options);
  std::exception_ptr error;
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const std::size_t count = std::min(piece, bytes.size() - at);
      EXPECT_EQ(write(ends[1], bytes.data() + at, count), static_cast<ssize_t>(count));
      audio.read(heard.samples, std::chrono::milliseconds(0));
    }
    close(std::exchange(ends[1], -1));
    for (int tries = 0; audio.read(heard.samples, std::chrono::milliseconds(100)) != LiveAudio::State::kEnd;
         ++tries) {
      if (tries == 100) throw std::runtime_error("the stream does not end");
    }
    EXPECT_EQ(audio.read(heard.samples, std::chrono::milliseconds(0)), LiveAudio::State::kEnd);
  } catch (...) {
    error = std::current_exception();
  }
  if (ends[1] >= 0) close(ends[1]);
  close(ends[0]);
  if (error) std::rethrow_exception(error);
  return heard;
}

std::string as_bytes(auto value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

TEST(LiveAudio, EveryKindOfSample) {
  EXPECT_THAT(hear(header({1, 16}, 0) + number(0x4000, 2) + number(0xC000, 2)).samples,
              ElementsAre(0.5f, -0.5f));
  EXPECT_THAT(hear(header({1, 8}, 0) + number(0xC0, 1) + number(0x40, 1)).samples, ElementsAre(0.5f, -0.5f));
  EXPECT_THAT(hear(header({1, 24}, 0) + number(0x400000, 3) + number(0xC00000, 3)).samples,
              ElementsAre(0.5f, -0.5f));
  EXPECT_THAT(hear(header({1, 32}, 0) + number(0x40000000, 4)).samples, ElementsAre(0.5f));
  EXPECT_THAT(hear(header({3, 32}, 0) + as_bytes(0.25f)).samples, ElementsAre(0.25f));
  EXPECT_THAT(hear(header({3, 64}, 0) + as_bytes(0.25)).samples, ElementsAre(0.25f));
  const std::string pair = as_bytes(0.25f) + as_bytes(0.75f);
  EXPECT_THAT(hear(header({3, 32, 2}, 0) + pair).samples, ElementsAre(0.5f));
  LiveAudioOptions second;
  second.channel = 1;
  EXPECT_THAT(hear(header({3, 32, 2}, 0) + pair, second).samples, ElementsAre(0.75f));
}

TEST(LiveAudio, OtherChunksAndTheEndOfTheSound) {
  const std::string list = "LIST" + number(5, 4) + std::string(6, 'x');
  const auto heard =
      hear(header({1, 16}, 4, list) + number(0x4000, 2) + number(0x2000, 2) + "LIST after the sound");
  EXPECT_THAT(heard.samples, ElementsAre(0.5f, 0.25f));
  EXPECT_TRUE(heard.warnings.empty());
}

TEST(LiveAudio, WhatIsOddIsSaidOnce) {
  EXPECT_THAT(hear(header({1, 16}, 100) + number(0x4000, 2)).warnings,
              ElementsAre(HasSubstr("before the length that it stated")));
  EXPECT_THAT(hear(header({1, 16}, 0) + number(0x4000, 2) + "x").warnings,
              ElementsAre(HasSubstr("within a sample")));
  const std::string bad = as_bytes(std::numeric_limits<float>::quiet_NaN());
  const auto heard = hear(header({3, 32}, 0) + bad + as_bytes(0.5f) + bad);
  EXPECT_THAT(heard.samples, ElementsAre(0.0f, 0.5f, 0.0f));
  EXPECT_THAT(heard.warnings, ElementsAre(HasSubstr("taken as silence")));
}

TEST(LiveAudio, RawSamplesAndRates) {
  LiveAudioOptions options;
  options.raw = PcmFormat{PcmFormat::Encoding::kS16, 8000, 1};
  const std::string second(2 * 8000, '\0');
  EXPECT_EQ(hear(second, options, 3000).samples.size(), 16000u);
  EXPECT_EQ(hear(header({1, 16, 1, 44100}, 0) + std::string(2 * 44100, '\0'), {}, 7001).samples.size(),
            16000u);
  options.raw->num_channels = 0;
  EXPECT_THROW(hear("", options), InvalidArgument);
  options.raw = PcmFormat{PcmFormat::Encoding::kS16, 10, 1};
  EXPECT_THROW(hear("", options), InvalidArgument);
}

TEST(LiveAudio, HostileHeadersAreRefused) {
  for (const std::string& bytes :
       {std::string("not a WAV stream at all"), std::string(), std::string("RIFF"),
        "RIFF" + number(0, 4) + "WAVE" + "data" + number(10, 4), header({1, 16, 0}, 0), header({1, 12}, 0),
        header({2, 16}, 0), header({1, 16, 1, 0}, 0), header({1, 16, 1, 4000000000u}, 0),
        "RIFF" + number(0, 4) + "WAVE" + "fmt " + number(0xFFFFFFFF, 4) + std::string(64, 'x'),
        "RIFF" + number(0, 4) + "WAVE" + "fmt " + number(4, 4) + std::string(64, 'x'),
        "RIFF" + number(0, 4) + "WAVE" + "LIST" + number(0xFFFFFFF0, 4) + std::string(64, 'x')})
    EXPECT_THROW(hear(bytes), AudioError) << bytes.substr(0, 12);
}

}  // namespace
}  // namespace diar
