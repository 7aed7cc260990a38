// Writes the seeds of the fuzz target `decode`: a synthetic signal in every container and codec that FFmpeg
// here can write, one small file each: make_media_seeds FOLDER (tests/fuzz/corpus/decode).
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

#include "io/audio/encoder.h"

namespace {

using diar::audio_test::Encoding;

struct Seed {
  const char* name;
  Encoding encoding;
  double duration_s = 0.25;
};

const Seed kSeeds[] = {
    {"wav_pcm", {"wav", "pcm_s16le", 8000}},
    {"wav_float", {"wav", "pcm_f32le", 8000}, 0.1},
    {"wav_mulaw", {"wav", "pcm_mulaw", 8000}},
    {"wav_adpcm", {"wav", "adpcm_ima_wav", 8000}},
    {"rf64",
     {.container = "wav", .audio_codec = "pcm_u8", .sample_rate_hz = 8000, .muxer_options = "rf64=always"}},
    {"w64", {"w64", "pcm_s16le", 8000}},
    {"aiff", {"aiff", "pcm_s16be", 8000}},
    {"au", {"au", "pcm_mulaw", 8000}},
    {"caf_pcm", {"caf", "pcm_s16le", 8000}},
    {"caf_alac", {"caf", "alac", 8000}},
    {"flac", {"flac", "flac", 8000}},
    {"ogg_flac", {"ogg", "flac", 8000}},
    {"ogg_opus", {"ogg", "libopus", 16000}},
    {"ogg_vorbis", {"ogg", "libvorbis", 44100}, 0.1},
    {"ogg_speex", {"ogg", "libspeex", 8000}},
    {"mp3", {"mp3", "libmp3lame", 16000}},
    {"mp2", {"mp2", "mp2", 16000}},
    {"aac_adts", {"adts", "aac", 16000}},
    {"aac_latm", {"latm", "aac", 16000}},
    {"m4a", {"ipod", "aac", 16000}},
    {"m4a_alac", {"ipod", "alac", 8000}},
    {"mp4_film", {"mp4", "aac", 16000, "mpeg4"}},
    {"mp4_late", {.container = "mp4", .audio_codec = "aac", .video_codec = "mpeg4", .start_s = 0.5}},
    {"mp4_fragments",
     {.container = "mp4",
      .audio_codec = "aac",
      .muxer_options = "movflags=frag_keyframe+empty_moov:frag_duration=100000"}},
    {"mov_pcm", {"mov", "pcm_s16be", 8000}},
    {"matroska", {"matroska", "libmp3lame", 16000}},
    {"matroska_gap",
     {.container = "matroska",
      .audio_codec = "pcm_s16le",
      .sample_rate_hz = 8000,
      .gap_at_s = 0.12,
      .gap_s = 0.5}},
    {"matroska_film", {"matroska", "aac", 16000, "mpeg4"}},
    {"webm_late", {.container = "webm", .audio_codec = "libopus", .start_s = 30.0}},
    {"avi", {"avi", "libmp3lame", 16000}},
    {"avi_film", {"avi", "pcm_s16le", 8000, "mpeg4"}},
    {"asf", {"asf", "wmav2", 16000}},
    {"asf_wmav1", {"asf", "wmav1", 16000}},
    {"flv", {"flv", "libmp3lame", 44100}, 0.1},
    {"mpegts", {"mpegts", "mp2", 16000}},
    {"mpegts_aac", {"mpegts", "aac", 16000}},
    {"mpeg_ps", {"mpeg", "mp2", 32000}},
    {"ac3", {"ac3", "ac3", 32000}},
    {"eac3", {"eac3", "eac3", 32000}},
    {"gsm", {"gsm", "libgsm", 8000}},
    {"wavpack", {"wv", "wavpack", 8000}},
    {"tta", {"tta", "tta", 8000}},
    {"nut", {"nut", "libopus", 16000}},
    {"wtv", {"wtv", "mp2", 32000}, 0.1},
    {"rm", {"rm", "ac3", 32000}},
    {"swf", {"swf", "libmp3lame", 44100}, 0.1},
    {"voc", {"voc", "pcm_u8", 8000}},
    {"sox", {"sox", "pcm_s32le", 8000}, 0.1},
    {"ircam", {"ircam", "pcm_s16le", 8000}},
    {"mmf", {"mmf", "adpcm_yamaha", 8000}},
    {"spdif", {"spdif", "ac3", 32000}, 0.1},
    {"adx", {"adx", "adpcm_adx", 8000}},
    {"sbc", {"sbc", "sbc", 16000}},
    {"mlp", {"mlp", "mlp", 48000}, 0.05},
};

// A tone that rises, so that every codec has something to keep.
std::vector<std::vector<float>> signal(double duration_s, int rate_hz) {
  std::vector<std::vector<float>> channels(1);
  for (int i = 0; i < static_cast<int>(duration_s * rate_hz); ++i) {
    const double time_s = static_cast<double>(i) / rate_hz;
    channels[0].push_back(
        0.4f * static_cast<float>(std::sin(2.0 * std::numbers::pi * (200.0 + 1000.0 * time_s) * time_s)));
  }
  return channels;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("make_media_seeds FOLDER\n", stderr), 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const Seed& seed : kSeeds) {
    const auto path = folder / seed.name;
    try {
      diar::audio_test::encode(path.string(), seed.encoding,
                               signal(seed.duration_s, seed.encoding.sample_rate_hz));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "without %s: %s\n", seed.name, error.what());
      std::filesystem::remove(path);
    }
  }
}
