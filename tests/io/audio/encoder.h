// Samples in, a file of any codec and container out, through FFmpeg's own encoders: what the decoder is tried
// on.
#pragma once

#include <string>
#include <vector>

namespace diar::audio_test {

struct Encoding {
  const char* container;    ///< FFmpeg's name of the format: "wav", "mp3", "ipod" (M4A), "matroska", ...
  const char* audio_codec;  ///< FFmpeg's name of the encoder
  int sample_rate_hz = 16000;
  const char* video_codec = nullptr;  ///< a second track with one second of grey pictures
  double start_s = 0.0;               ///< time stamp of the first sample
  double video_start_s = 0.0;         ///< and of the first picture
  double gap_at_s = 0.0;              ///< after so much audio time stamps leave out `gap_s`
  double gap_s = 0.0;
  const char* muxer_options = nullptr;  ///< "key=value:key=value"
};

/// `channels`: planar samples in [-1, 1], equally long. Throws std::runtime_error naming what FFmpeg lacks or
/// refuses.
void encode(const std::string& path, const Encoding& encoding,
            const std::vector<std::vector<float>>& channels);

}  // namespace diar::audio_test
