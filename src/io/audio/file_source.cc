// A decoded and resampled file as an AudioSource.
#include <cstdio>
#include <cstring>

#include "core/fingerprint.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "diar/resampler.h"
#include "frontend/sample_buffer.h"
#include "io/audio/decoder.h"
#include "io/audio/file_source.h"

namespace diar {
namespace {

// Containers count in whole packets; less than this is no sign of damage.
constexpr double kTruncationTolerance_s = 0.5;

class FileSource final : public BufferedSource {
 public:
  FileSource(std::unique_ptr<ByteInput> bytes, const std::string& name, const std::string& file_name,
             const AudioOptions& options)
      : BufferedSource(name), options_(options), decoder_(std::move(bytes), name, file_name, options) {
    // Good enough for a progress bar, unless the header says that nobody knew.
    const StatedLength& stated = decoder_.stated();
    if (stated.kind != StatedLength::Kind::kUnknown)
      hint_s_ = stated.duration_s ? stated.duration_s : decoder_.declared_duration_s();
  }

  std::optional<double> duration_hint_s() const override { return hint_s_; }

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
      // A new rate starts a new filter after the rest of the old one.
      if (resampler_) resampler_->finish(block);
      resampler_ = make_resampler(sample_rate_hz);
    }
    resampler_->process(native_, block);
    return true;
  }

 private:
  std::unique_ptr<Resampler> make_resampler(int sample_rate_hz) const {
    try {
      return std::make_unique<Resampler>(sample_rate_hz);
    } catch (const InvalidArgument& error) {
      throw AudioError(name() + ": " + error.what());  // the file chose it, not the caller
    }
  }

  void finish(std::vector<float>& block) {
    finished_ = true;
    if (resampler_) resampler_->finish(block);
    const double covered_s = decoder_.covered_s();
    if (covered_s <= 0.0) throw AudioError(name() + " holds no audio samples");
    const auto declared_s = trusted(decoder_.declared_duration_at_end_s());
    const double stated_s = std::max(declared_s.value_or(0.0), seconds_stated_in_bytes(covered_s));
    const bool is_short = stated_s > covered_s + kTruncationTolerance_s;
    // Whatever cannot be read after the last second is no loss.
    if (is_short || (decoder_.broke_off() && !declared_s)) {
      char lengths[96];
      std::snprintf(lengths, sizeof(lengths), "only %.1f s could be decoded of %.1f s", covered_s,
                    std::max(stated_s, covered_s));
      const std::string found = name() + " is truncated or damaged: " + lengths;
      if (!options_.allow_truncated) throw TruncatedAudio(found);
      warn(found);
    } else if (decoder_.lacks_end_mark()) {
      warn(name() + " has no end mark: its last part may be missing");
    } else if (const double lost_s = decoder_.undecodable_s(); lost_s > kTruncationTolerance_s) {
      char lengths[96];
      std::snprintf(lengths, sizeof(lengths), ": about %.1f s could not be decoded and are left out", lost_s);
      warn(name() + " is damaged" + lengths);
    }
  }

  // A header that leaves its length open makes FFmpeg guess; some headers say all there is to know.
  std::optional<double> trusted(std::optional<double> declared_s) const {
    const StatedLength& stated = decoder_.stated();
    return stated.complete || stated.kind == StatedLength::Kind::kUnknown ? std::nullopt : declared_s;
  }

  // Where the header promises more bytes than there are, the length that all of them would have.
  double seconds_stated_in_bytes(double covered_s) const {
    const StatedLength& stated = decoder_.stated();
    const auto num_bytes = decoder_.num_bytes();
    if (stated.kind != StatedLength::Kind::kKnown || !num_bytes || *num_bytes == 0) return 0.0;
    if (stated.end_byte <= *num_bytes) return 0.0;
    if (stated.duration_s) return *stated.duration_s;
    return covered_s * static_cast<double>(stated.end_byte) / static_cast<double>(*num_bytes);
  }

  void warn(const std::string& text) const {
    if (options_.on_warning) options_.on_warning(text);
  }

  AudioOptions options_;
  Decoder decoder_;
  std::optional<double> hint_s_;
  std::unique_ptr<Resampler> resampler_;
  std::vector<float> native_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<AudioSource> open_audio_bytes(std::unique_ptr<ByteInput> bytes, const std::string& name,
                                              const std::string& file_name, const AudioOptions& options) {
  return std::make_unique<FileSource>(std::move(bytes), name, file_name, options);
}

std::unique_ptr<AudioSource> open_audio(const std::string& path, const AudioOptions& options) {
  return open_audio_bytes(open_bytes(path), input_name(path), path, options);
}

std::string audio_content_id(const std::string& path, const AudioOptions& options) {
  const auto file = open_bytes(path);
  Interruption interruption(options.interrupted);
  Fingerprint sum;
  std::vector<std::uint8_t> block(1 << 20);
  while (true) {
    const std::int64_t count = file->read(block, interruption);
    interruption.rethrow();
    if (count < 0)
      throw InputError("cannot read " + input_name(path) + ": " + std::strerror(static_cast<int>(-count)));
    if (count == 0) break;
    sum.add(std::as_bytes(std::span(block).first(static_cast<std::size_t>(count))));
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
