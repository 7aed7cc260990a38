// For builds without libdiar_io (no FFmpeg): the committed FLAC files, 16 kHz mono with 16 bits, through
// libFLAC alone. Stands in for src/io/audio, so that the golden runs are the same program everywhere.
#include "diar/io/audio.h"

#include <FLAC/stream_decoder.h>

#include <algorithm>

#include "diar/errors.h"

namespace diar {
namespace {

struct Decoding {
  std::vector<float> samples;
  bool as_expected = true;
};

FLAC__StreamDecoderWriteStatus take(const FLAC__StreamDecoder*, const FLAC__Frame* frame,
                                    const FLAC__int32* const channels[], void* client) {
  auto& decoding = *static_cast<Decoding*>(client);
  const FLAC__FrameHeader& header = frame->header;
  if (header.channels != 1 || header.bits_per_sample != 16 || header.sample_rate != 16000) {
    decoding.as_expected = false;
    return FLAC__STREAM_DECODER_WRITE_STATUS_ABORT;
  }
  for (unsigned i = 0; i < header.blocksize; ++i)
    decoding.samples.push_back(static_cast<float>(channels[0][i]) / 32768.0f);
  return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

void fail(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void* client) {
  static_cast<Decoding*>(client)->as_expected = false;
}

// Owns its samples.
class DecodedSource final : public AudioSource {
 public:
  explicit DecodedSource(std::vector<float> samples) : samples_(std::move(samples)) {}
  std::size_t read(std::span<float> out) override {
    const std::size_t count = std::min(out.size(), samples_.size() - next_);
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(next_), count, out.begin());
    next_ += count;
    return count;
  }

 private:
  std::vector<float> samples_;
  std::size_t next_ = 0;
};

}  // namespace

Waveform load_audio(const std::string& path, const AudioOptions&) {
  Decoding decoding;
  FLAC__StreamDecoder* decoder = FLAC__stream_decoder_new();
  const bool read = FLAC__stream_decoder_init_file(decoder, path.c_str(), take, nullptr, fail, &decoding) ==
                        FLAC__STREAM_DECODER_INIT_STATUS_OK &&
                    FLAC__stream_decoder_process_until_end_of_stream(decoder);
  FLAC__stream_decoder_delete(decoder);
  if (!read || !decoding.as_expected) throw InputError(path + " is not a FLAC file of 16 kHz, mono, 16 bits");
  return {std::move(decoding.samples)};
}

std::unique_ptr<AudioSource> open_audio(const std::string& path, const AudioOptions& options) {
  return std::make_unique<DecodedSource>(load_audio(path, options).samples);
}

}  // namespace diar
