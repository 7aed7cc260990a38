#include "diar/io/live_audio.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "diar/errors.h"
#include "diar/resampler.h"
#include "io/audio/wav_header.h"

namespace diar {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are read as they lie");

constexpr std::size_t kBlockBytes = 65536;

template <class Value>
Value value_at(const std::uint8_t* bytes) {
  Value value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

float sample_at(const std::uint8_t* bytes, WavSample kind) {
  switch (kind) {
    case WavSample::kU8:
      return static_cast<float>(static_cast<int>(bytes[0]) - 128) / 128.0f;
    case WavSample::kS16:
      return static_cast<float>(value_at<std::int16_t>(bytes)) / 32768.0f;
    case WavSample::kS24: {
      const std::uint32_t word =
          std::uint32_t{bytes[0]} << 8 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 24;
      return static_cast<float>(static_cast<std::int32_t>(word)) / 2147483648.0f;
    }
    case WavSample::kS32:
      return static_cast<float>(value_at<std::int32_t>(bytes)) / 2147483648.0f;
    case WavSample::kF32:
      return value_at<float>(bytes);
    case WavSample::kF64:
      return static_cast<float>(value_at<double>(bytes));
  }
  return 0.0f;
}

}  // namespace

struct LiveAudio::Impl {
  Impl(int file, std::string stream_name, const LiveAudioOptions& given)
      : descriptor(file), name(std::move(stream_name)), options(given) {
    if (!options.raw) return;
    const PcmFormat& raw = *options.raw;
    begin({raw.encoding == PcmFormat::Encoding::kS16 ? WavSample::kS16 : WavSample::kF32, raw.sample_rate_hz,
           raw.num_channels, std::nullopt});
  }

  void begin(const WavHeader& found) {
    header = found;
    if (header->num_channels < 1 || header->num_channels > 1024)
      throw InvalidArgument(name + ": " + std::to_string(header->num_channels) + " channels are impossible");
    if (options.channel && (*options.channel < 0 || *options.channel >= header->num_channels))
      throw AudioError(name + " has no channel " + std::to_string(*options.channel) + ": there are " +
                       std::to_string(header->num_channels) + ", the first is 0");
    resampler.emplace(header->sample_rate_hz);
  }

  void warn(const std::string& text) {
    if (options.on_warning) options.on_warning(name + ": " + text);
  }

  // Bytes that are there, at least one where there are any within the time. False: none came.
  bool fill(std::chrono::milliseconds timeout) {
    pollfd stream = {descriptor, POLLIN, 0};
    const int ready = poll(&stream, 1, static_cast<int>(timeout.count()));
    if (ready <= 0) return false;
    const std::size_t before = bytes.size();
    bytes.resize(before + kBlockBytes);
    const ssize_t count = ::read(descriptor, bytes.data() + before, kBlockBytes);
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count > 0) return true;
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (count < 0) warn(std::string("reading failed (") + std::strerror(errno) + "); the stream ends here");
    at_end = true;
    return false;
  }

  void convert(std::vector<float>& samples) {
    const std::size_t frame_bytes = bytes_of(header->sample) * static_cast<std::size_t>(header->num_channels);
    std::size_t available = bytes.size();
    if (header->data_bytes) {
      available =
          static_cast<std::size_t>(std::min<std::uint64_t>(available, *header->data_bytes - used_bytes));
    }
    const std::size_t num_frames = available / frame_bytes;
    mono.resize(num_frames);
    for (std::size_t i = 0; i < num_frames; ++i) mono[i] = mean_at(bytes.data() + i * frame_bytes);
    used_bytes += num_frames * frame_bytes;
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(num_frames * frame_bytes));
    resampler->process(mono, samples);
    // What follows the sound is none.
    if (header->data_bytes && used_bytes + frame_bytes > *header->data_bytes) at_end = true;
  }

  float mean_at(const std::uint8_t* frame) {
    const std::size_t size = bytes_of(header->sample);
    const auto channels = static_cast<std::size_t>(header->num_channels);
    float sum = 0.0f;
    if (options.channel) {
      sum = sample_at(frame + static_cast<std::size_t>(*options.channel) * size, header->sample);
    } else {
      for (std::size_t c = 0; c < channels; ++c) sum += sample_at(frame + c * size, header->sample);
      sum /= static_cast<float>(channels);
    }
    if (std::isfinite(sum)) return sum;
    if (!std::exchange(said_damaged, true)) warn("damaged samples (NaN or infinite) are taken as silence");
    return 0.0f;
  }

  void finish(std::vector<float>& samples) {
    if (!header) throw AudioError(name + ": the stream ends within its WAV header, or is none");
    if (header->data_bytes && used_bytes + bytes_of(header->sample) < *header->data_bytes) {
      warn("the stream ended before the length that it stated; what came is kept");
    } else if (!header->data_bytes && !bytes.empty()) {
      warn("the stream ended within a sample");
    }
    resampler->finish(samples);
  }

  State read(std::vector<float>& samples, std::chrono::milliseconds timeout) {
    if (finished) return State::kEnd;
    const std::size_t before = samples.size();
    fill(timeout);
    if (!header) {
      std::size_t header_bytes = 0;
      if (const auto found = parse_wav_header(bytes, header_bytes, name)) {
        begin(*found);
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header_bytes));
      }
    }
    if (header) convert(samples);
    if (at_end) {
      finished = true;
      finish(samples);
      return State::kEnd;
    }
    return samples.size() > before ? State::kSamples : State::kNothing;
  }

  const int descriptor;
  const std::string name;
  const LiveAudioOptions options;
  std::optional<WavHeader> header;
  std::optional<Resampler> resampler;
  std::vector<std::uint8_t> bytes;  // read and not yet converted
  std::vector<float> mono;
  std::uint64_t used_bytes = 0;
  bool at_end = false;
  bool finished = false;
  bool said_damaged = false;
};

LiveAudio::LiveAudio(int file_descriptor, std::string name, const LiveAudioOptions& options)
    : impl_(std::make_unique<Impl>(file_descriptor, std::move(name), options)) {}
LiveAudio::LiveAudio(LiveAudio&&) noexcept = default;
LiveAudio::~LiveAudio() = default;

LiveAudio::State LiveAudio::read(std::vector<float>& samples, std::chrono::milliseconds timeout) {
  return impl_->read(samples, timeout);
}

}  // namespace diar
