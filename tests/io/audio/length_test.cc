// The truth about lengths: what a header states and the data do not reach is an error, an end mark that is
// missing is a warning, and what recorders write instead of a length is no statement.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <thread>

#include "cli/command.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "io/audio/encoder.h"

namespace diar {
namespace {

using audio_test::encode;
using audio_test::Encoding;
using cli_test::read_text;
using cli_test::write_text;

constexpr std::size_t kRateHz = 16000;

std::vector<std::vector<float>> noise(double duration_s, int rate_hz) {
  std::vector<std::vector<float>> channels(1);
  for (const std::int16_t value : cli_test::noise(static_cast<std::size_t>(duration_s * rate_hz)))
    channels[0].push_back(static_cast<float>(value) / 65536.0f);
  return channels;
}

double seconds(const Waveform& waveform) {
  return static_cast<double>(waveform.samples.size()) / kRateHz;
}

// Loads `bytes` as standard input, through a pipe.
Waveform load_piped(const std::string& bytes, const AudioOptions& options = {}) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const int saved = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  signal(SIGPIPE, SIG_IGN);
  std::thread writer([&] {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t count = write(ends[1], bytes.data() + at, bytes.size() - at);
      if (count <= 0) break;
      at += static_cast<std::size_t>(count);
    }
    close(ends[1]);
  });
  std::exception_ptr thrown;
  Waveform waveform;
  try {
    waveform = load_audio("-", options);
  } catch (...) {
    thrown = std::current_exception();
  }
  dup2(saved, STDIN_FILENO);
  close(saved);
  writer.join();
  if (thrown) std::rethrow_exception(thrown);
  return waveform;
}

struct Warnings {
  std::vector<std::string> texts;
  AudioOptions options(bool allow_truncated = false) {
    AudioOptions options;
    options.allow_truncated = allow_truncated;
    options.on_warning = [this](const std::string& text) { texts.push_back(text); };
    return options;
  }
};

struct Container {
  const char* name;
  Encoding encoding;
  bool pipes = true;  // false: the index is at the end, or FFmpeg reads no length of MP3 here
};
void PrintTo(const Container& container, std::ostream* out) {
  *out << container.name;
}

// Containers whose header states a length, in seconds or in bytes.
class Stated : public ::testing::TestWithParam<Container> {};

TEST_P(Stated, CutAnywhereIsAnErrorAndWholeIsNot) {
  const TemporaryDirectory directory;
  const std::string path = directory.file(GetParam().name);
  encode(path, GetParam().encoding, noise(10.0, GetParam().encoding.sample_rate_hz));
  const std::string whole = read_text(path);
  Warnings warnings;
  EXPECT_NEAR(seconds(load_audio(path, warnings.options())), 10.0, 0.15);
  if (GetParam().pipes) {
    EXPECT_NEAR(seconds(load_piped(whole, warnings.options())), 10.0, 0.15);
  }
  EXPECT_EQ(warnings.texts, std::vector<std::string>());
  for (const double share : {0.2, 0.5, 0.8}) {
    SCOPED_TRACE(share);
    const std::string part =
        whole.substr(0, static_cast<std::size_t>(share * static_cast<double>(whole.size())));
    write_text(path, part);
    EXPECT_THROW(load_audio(path), AudioError);
    if (GetParam().pipes) {
      EXPECT_THROW(load_piped(part), AudioError);
    }
    Warnings taken;
    try {
      const double length_s = seconds(load_audio(path, taken.options(true)));
      EXPECT_LT(length_s, 10.0 * share + 0.5);
      ASSERT_EQ(taken.texts.size(), 1u);
      EXPECT_NE(taken.texts[0].find("truncated"), std::string::npos) << taken.texts[0];
    } catch (const AudioError&) {
      // Without the index at the end nothing can be taken, nor of a single block (WavPack's take seconds).
      EXPECT_TRUE(std::string(GetParam().name).starts_with("index_last") ||
                  (GetParam().name == std::string("a.wv") && share < 0.5));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Containers, Stated,
    ::testing::Values(
        Container{"a.wav", {"wav", "pcm_s16le"}}, Container{"adpcm.wav", {"wav", "adpcm_ima_wav"}},
        Container{"a.w64", {"w64", "pcm_s16le"}}, Container{"pcm.caf", {"caf", "pcm_s16le"}},
        Container{"a.sox", {"sox", "pcm_s32le"}}, Container{"a.adx", {"adx", "adpcm_adx"}},
        Container{"index_last.caf", {"caf", "alac"}, false}, Container{"a.wma", {"asf", "wmav2"}},
        Container{"film.wmv", {"asf", "wmav2", 16000, "mpeg4"}}, Container{"pcm.avi", {"avi", "pcm_s16le"}},
        Container{"mp3.avi", {"avi", "libmp3lame"}},
        Container{"film.avi", {"avi", "libmp3lame", 16000, "mpeg4"}},
        Container{"a.mka", {"matroska", "libopus"}},
        Container{"film.mkv", {"matroska", "aac", 16000, "mpeg4"}}, Container{"a.webm", {"webm", "libopus"}},
        Container{"a.au", {"au", "pcm_s16be"}}, Container{"a.aiff", {"aiff", "pcm_s16be"}},
        Container{"a.flac", {"flac", "flac"}}, Container{"a.mp3", {"mp3", "libmp3lame"}, false},
        Container{"a.wv", {"wv", "wavpack"}}, Container{"a.tta", {"tta", "tta"}},
        Container{"index_last.m4a", {"ipod", "aac"}, false},
        Container{
            "fragments.mp4",
            {.container = "mp4",
             .audio_codec = "aac",
             .muxer_options = "movflags=frag_keyframe+empty_moov+default_base_moof:frag_duration=3500000"}}),
    [](const auto& tested) {
      std::string name = tested.param.name;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

// Ogg has no length, but its last page says that it is the last.
class OggEnd : public ::testing::TestWithParam<const char*> {};

TEST_P(OggEnd, MissingIsAWarning) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.ogg");
  encode(path, {"ogg", GetParam(), 48000}, noise(10.0, 48000));
  const std::string whole = read_text(path);
  Warnings none;
  EXPECT_NEAR(seconds(load_audio(path, none.options())), 10.0, 0.05);
  EXPECT_NEAR(seconds(load_piped(whole, none.options())), 10.0, 0.05);
  // Tags that somebody appended do not hide the mark.
  write_text(path, whole + "TAG" + std::string(125, ' '));
  load_audio(path, none.options());
  EXPECT_EQ(none.texts, std::vector<std::string>());
  const std::string part = whole.substr(0, whole.size() * 6 / 10);
  write_text(path, part);
  Warnings some;
  const double length_s = seconds(load_audio(path, some.options()));
  EXPECT_GT(length_s, 4.0);
  EXPECT_LT(length_s, 7.0);
  EXPECT_NEAR(seconds(load_piped(part, some.options())), length_s, 0.05);
  ASSERT_EQ(some.texts.size(), 2u);
  EXPECT_NE(some.texts[0].find("a.ogg"), std::string::npos) << some.texts[0];
  EXPECT_NE(some.texts[0].find("end mark"), std::string::npos) << some.texts[0];
  EXPECT_NE(some.texts[1].find("standard input"), std::string::npos) << some.texts[1];
  EXPECT_NO_THROW(load_audio(path));  // nobody has to listen
}

INSTANTIATE_TEST_SUITE_P(Codecs, OggEnd, ::testing::Values("libopus", "libvorbis"));

// FFmpeg itself writes no size into a Flash file that holds only sound; others do.
TEST(FlashHeader, SizeIsReadWhereItIsOne) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.swf");
  encode(path, {"swf", "libmp3lame", 22050}, noise(10.0, 22050));
  std::string bytes = read_text(path);
  EXPECT_NEAR(seconds(load_audio(path)), 10.0, 0.15);
  for (std::size_t i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(bytes.size() >> (8 * i));
  write_text(path, bytes);
  EXPECT_NEAR(seconds(load_audio(path)), 10.0, 0.15);
  write_text(path, bytes.substr(0, bytes.size() / 2));
  EXPECT_THROW(load_audio(path), AudioError);
}

// FFmpeg reads Yamaha's chunk of samples with the padding that its own writer adds.
TEST(SmafHeader, StatesWhatTheFileHolds) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.mmf");
  encode(path, {"mmf", "adpcm_yamaha", 8000}, noise(10.0, 8000));
  EXPECT_NEAR(seconds(load_audio(path)), 10.0, 0.3);
  const std::string whole = read_text(path);
  write_text(path, whole.substr(0, whole.size() * 8 / 10));
  EXPECT_THROW(load_audio(path), AudioError);
}

// A WAV file of 12 s with a field of its header changed.
std::string wav_with(std::size_t at, std::uint32_t value) {
  std::string bytes = cli_test::wav_bytes(cli_test::noise(12 * kRateHz), static_cast<int>(kRateHz), 1);
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

TEST(WavHeader, ByteRateIsNotRead) {
  const TemporaryDirectory directory;
  for (const std::uint32_t rate : {0u, 1u, 8000u, 16000u, 64000u, 0xFFFFFFFFu}) {
    write_text(directory.file("a.wav"), wav_with(28, rate));
    const auto audio = open_audio(directory.file("a.wav"));
    EXPECT_NEAR(audio->duration_hint_s().value_or(0.0), 12.0, 1e-9) << rate;
    EXPECT_EQ(seconds(load_audio(directory.file("a.wav"))), 12.0) << rate;
    write_text(directory.file("a.wav"), wav_with(28, rate).substr(0, 200000));
    EXPECT_THROW(load_audio(directory.file("a.wav")), AudioError) << rate;
  }
}

TEST(WavHeader, ByteRateOfCompressedSoundIsNotReadEither) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.wav");
  encode(path, {"wav", "adpcm_ima_wav"}, noise(10.0, 16000));
  for (const std::uint32_t rate : {0u, 1u, 16000u, 1000000u}) {
    std::string bytes = read_text(path);
    for (std::size_t i = 0; i < 4; ++i) bytes[28 + i] = static_cast<char>(rate >> (8 * i));
    write_text(path, bytes);
    EXPECT_NEAR(seconds(load_audio(path)), 10.0, 0.15) << rate;
    write_text(directory.file("cut.wav"), bytes.substr(0, bytes.size() * 8 / 10));
    EXPECT_THROW(load_audio(directory.file("cut.wav")), AudioError) << rate;
  }
}

// Where nothing states a length, what is lost in the middle shows in no sum.
TEST(Damage, PacketsThatCannotBeDecodedAreSaid) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.aac");
  encode(path, {"adts", "aac"}, noise(10.0, 16000));
  std::string bytes = read_text(path);
  // Third of each five frames: its header stays, its content does not.
  std::size_t at = 0;
  for (int frame = 0; at + 7 < bytes.size(); ++frame) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    const std::size_t size = (byte(3) & 3u) << 11 | static_cast<std::size_t>(byte(4)) << 3 | byte(5) >> 5;
    ASSERT_GT(size, 7u);
    if (frame % 5 == 2) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at + 7), size - 7, '\xFF');
    at += size;
  }
  write_text(path, bytes);
  Warnings warnings;
  const double length_s = seconds(load_audio(path, warnings.options()));
  EXPECT_LT(length_s, 9.0);
  ASSERT_EQ(warnings.texts.size(), 1u);
  EXPECT_NE(warnings.texts[0].find("about 2."), std::string::npos) << warnings.texts[0] << ' ' << length_s;
}

// Broadcasters' files, whose demuxer ends with an error of its own.
TEST(Damage, AWholeGxfFileIsNone) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.gxf");
  encode(path, {"gxf", "pcm_s16le", 48000}, noise(10.0, 48000));
  Warnings warnings;
  EXPECT_NEAR(seconds(load_audio(path, warnings.options())), 10.0, 0.5);
  EXPECT_EQ(warnings.texts, std::vector<std::string>());
}

// sox, arecord, ffmpeg and others into a pipe that `tee` saved.
TEST(WavHeader, SizesOfRecordersAreNoLength) {
  const TemporaryDirectory directory;
  for (const std::uint32_t size :
       {0u, 0x7FFFF000u, 0x7FFFFFDBu, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFDBu, 0xFFFFFFFFu}) {
    write_text(directory.file("a.wav"), wav_with(40, size));
    Warnings warnings;
    EXPECT_EQ(seconds(load_audio(directory.file("a.wav"), warnings.options())), 12.0) << std::hex << size;
    EXPECT_EQ(seconds(load_piped(wav_with(40, size), warnings.options())), 12.0) << std::hex << size;
    EXPECT_EQ(warnings.texts, std::vector<std::string>());
    EXPECT_EQ(open_audio(directory.file("a.wav"))->duration_hint_s(), std::nullopt);
  }
}

// A file of 2 GB, claimed: one that could be meant.
TEST(WavHeader, OtherLargeSizesAreLengths) {
  const TemporaryDirectory directory;
  for (const std::uint32_t size : {0x70000000u, 0x80001000u, 0xF0000000u}) {
    write_text(directory.file("a.wav"), wav_with(40, size));
    EXPECT_THROW(load_audio(directory.file("a.wav")), AudioError) << std::hex << size;
  }
}

TEST(WavHeader, Rf64StatesItsLengthApart) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.wav");
  encode(path, {.container = "wav", .audio_codec = "pcm_s16le", .muxer_options = "rf64=always"},
         noise(10.0, 16000));
  EXPECT_EQ(seconds(load_audio(path)), 10.0);
  EXPECT_EQ(open_audio(path)->duration_hint_s(), 10.0);
  write_text(path, read_text(path).substr(0, 200000));
  EXPECT_THROW(load_audio(path), AudioError);
}

// Writers that count their header as data, or leave out the byte that pads: nobody loses half a second.
TEST(WavHeader, SomeBytesTooManyAreNoLoss) {
  const TemporaryDirectory directory;
  for (const std::uint32_t more : {1u, 36u, 44u, 4096u}) {
    write_text(directory.file("a.wav"), wav_with(40, 12 * 32000 + more));
    EXPECT_EQ(seconds(load_audio(directory.file("a.wav"))), 12.0) << more;
  }
}

// The file chose the rate, not the caller: in a batch its name must be there.
TEST(FileRate, OutsideTheRangeIsTheFilesFault) {
  const TemporaryDirectory directory;
  for (const int rate_hz : {1, 100, 999, 768001, 20000000}) {
    write_text(directory.file("odd.wav"), cli_test::wav_bytes(cli_test::noise(2000), rate_hz, 1));
    try {
      load_audio(directory.file("odd.wav"));
      ADD_FAILURE() << rate_hz;
    } catch (const AudioError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("odd.wav"), std::string::npos) << text;
      EXPECT_NE(text.find(std::to_string(rate_hz) + " Hz"), std::string::npos) << text;
    }
  }
  for (const int rate_hz : {1000, 768000}) {
    write_text(directory.file("odd.wav"), cli_test::wav_bytes(cli_test::noise(768000), rate_hz, 1));
    EXPECT_NO_THROW(load_audio(directory.file("odd.wav"))) << rate_hz;
  }
}

}  // namespace
}  // namespace diar
