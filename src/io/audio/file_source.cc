// A decoded and resampled file as an AudioSource.
#include <cstdio>
#include <fstream>

#include "core/fingerprint.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "frontend/resampler.h"
#include "frontend/sample_buffer.h"
#include "io/audio/decoder.h"
#include "io/audio/wav_header.h"

namespace diar {
namespace {

// Containers count in whole packets; less than this is no sign of damage.
constexpr double kTruncationTolerance_s = 0.5;

class FileSource final : public BufferedSource {
 public:
  FileSource(const std::string& path, const AudioOptions& options)
      : BufferedSource(path == "-" ? "standard input" : "'" + path + "'"),
        options_(options),
        decoder_(path, options),
        declared_s_(path == "-" ? std::nullopt : wav_declared_duration_s(path)) {
    if (!declared_s_) declared_s_ = decoder_.declared_duration_s();
  }

  std::optional<double> duration_hint_s() const override { return declared_s_; }

 protected:
  bool next_block(std::vector<float>& block) override {
    if (finished_) return false;
    native_.clear();
    int sample_rate_hz = 0;
    if (!decoder_.next(native_, sample_rate_hz)) {
      finish(block);
      return true;
    }
    if (native_.empty()) return true;
    if (!resampler_ || resampler_->sample_rate_hz() != sample_rate_hz) {
      // A new rate starts a new filter behind the rest of the old one.
      if (resampler_) resampler_->finish(block);
      resampler_ = std::make_unique<Resampler>(sample_rate_hz);
    }
    decoded_s_ += static_cast<double>(native_.size()) / sample_rate_hz;
    resampler_->process(native_, block);
    return true;
  }

 private:
  void finish(std::vector<float>& block) {
    finished_ = true;
    if (resampler_) resampler_->finish(block);
    if (decoded_s_ == 0.0) throw AudioError(name() + " holds no audio samples");
    const double declared_s = declared_s_.value_or(0.0);
    const bool short_of_header = declared_s > decoded_s_ + kTruncationTolerance_s;
    if ((!short_of_header && !decoder_.broke_off()) || options_.allow_truncated) return;
    char lengths[96];
    std::snprintf(lengths, sizeof(lengths), "%.1f s could be decoded of %.1f s", decoded_s_,
                  std::max(declared_s, decoded_s_));
    throw AudioError(name() + " is truncated or damaged: only " + lengths +
                     "; use --allow-truncated to take what is there");
  }

  AudioOptions options_;
  Decoder decoder_;
  std::optional<double> declared_s_;
  std::unique_ptr<Resampler> resampler_;
  std::vector<float> native_;
  double decoded_s_ = 0.0;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<AudioSource> open_audio(const std::string& path, const AudioOptions& options) {
  return std::make_unique<FileSource>(path, options);
}

std::string audio_content_id(const std::string& path, const AudioOptions& options) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError("cannot read '" + path + "'");
  Fingerprint sum;
  std::vector<char> block(1 << 20);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    sum.add(std::as_bytes(std::span(block).first(static_cast<std::size_t>(file.gcount()))));
  }
  sum.add(static_cast<std::uint64_t>(options.channel.value_or(-1)));
  sum.add(static_cast<std::uint64_t>(options.allow_truncated));
  return hexadecimal(sum.value());
}

Waveform load_audio(const std::string& path, const AudioOptions& options) {
  const auto source = open_audio(path, options);
  Waveform waveform;
  std::size_t filled = 0;
  do {
    waveform.samples.resize(filled + std::size_t{65536});
    filled += source->read(std::span(waveform.samples).subspan(filled));
  } while (filled == waveform.samples.size());
  waveform.samples.resize(filled);
  return waveform;
}

}  // namespace diar
