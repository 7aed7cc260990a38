#include "io/audio/decoder.h"

#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/log.h>
#include <libswresample/swresample.h>
}

#include <cerrno>
#include <cstring>

#include "diar/errors.h"
#include "io/audio/ffmpeg_handles.h"

namespace diar {
namespace {

struct FormatDeleter {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
struct ConverterDeleter {
  void operator()(SwrContext* converter) const { swr_free(&converter); }
};

using ffmpeg::reason_of;

// Says what the file system knows before FFmpeg is asked, because its messages are poorer.
std::string url_of(const std::string& path) {
  struct stat status = {};
  if (path == "-") {
    // A redirected file can be searched, a pipe cannot.
    return fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode) ? "file:/dev/stdin" : "pipe:0";
  }
  if (stat(path.c_str(), &status) != 0) {
    throw InputError("cannot open '" + path + "': " + std::strerror(errno) + "; check the name");
  }
  if (S_ISDIR(status.st_mode)) throw InputError("'" + path + "' is a directory; name the files in it");
  if (access(path.c_str(), R_OK) != 0)
    throw InputError("cannot open '" + path + "': " + std::strerror(errno));
  if (S_ISREG(status.st_mode) && status.st_size == 0)
    throw AudioError("'" + path + "' is empty; record or copy it again");
  return "file:" + path;
}

}  // namespace

struct Decoder::Impl {
  std::string name;
  AudioOptions options;
  std::unique_ptr<AVFormatContext, FormatDeleter> format;
  ffmpeg::CodecPointer codec;
  ffmpeg::PacketPointer packet{av_packet_alloc()};
  ffmpeg::FramePointer frame{av_frame_alloc()};
  std::unique_ptr<SwrContext, ConverterDeleter> converter;
  // The layout that `converter` was made for.
  int converter_format = -1;
  int converter_channels = 0;
  std::vector<std::vector<float>> planes;
  int stream = -1;
  bool draining = false;
  bool broke_off = false;

  void open(const std::string& path) {
    av_log_set_level(AV_LOG_QUIET);
    const std::string url = url_of(path);
    AVDictionary* settings = nullptr;
    // A playlist in disguise must not make us open other files or addresses.
    av_dict_set(&settings, "protocol_whitelist", "file,pipe", 0);
    AVFormatContext* opened = nullptr;
    const int error = avformat_open_input(&opened, url.c_str(), nullptr, &settings);
    av_dict_free(&settings);
    if (error < 0) throw AudioError(name + " is not audio that FFmpeg knows (" + reason_of(error) + ")");
    format.reset(opened);
    if (avformat_find_stream_info(format.get(), nullptr) < 0)
      throw AudioError(name + ": no readable audio in it");
    const AVCodec* decoder = nullptr;
    stream = av_find_best_stream(format.get(), AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
    if (stream < 0 || decoder == nullptr)
      throw AudioError(name + " has no audio track that FFmpeg can decode");
    for (unsigned i = 0; i < format->nb_streams; ++i) {
      if (static_cast<int>(i) != stream) format->streams[i]->discard = AVDISCARD_ALL;
    }
    const AVStream& chosen = *format->streams[stream];
    codec.reset(avcodec_alloc_context3(decoder));
    if (avcodec_parameters_to_context(codec.get(), chosen.codecpar) < 0)
      throw AudioError(name + ": damaged header");
    codec->pkt_timebase = chosen.time_base;  // lets the decoder drop encoder delay
    if (const int open_error = avcodec_open2(codec.get(), decoder, nullptr); open_error < 0) {
      throw AudioError(name + ": cannot decode its audio (" + reason_of(open_error) + ")");
    }
  }

  // Feeds packets until the decoder has a frame. Damaged packets are passed over: the missing time shows at
  // the end.
  bool next_frame() {
    while (true) {
      const int got = avcodec_receive_frame(codec.get(), frame.get());
      if (got == 0) return true;
      if (got == AVERROR_EOF || draining) return false;
      const int read = av_read_frame(format.get(), packet.get());
      if (read < 0) {
        broke_off = read != AVERROR_EOF;
        draining = true;
        avcodec_send_packet(codec.get(), nullptr);
        continue;
      }
      if (packet->stream_index == stream) avcodec_send_packet(codec.get(), packet.get());
      av_packet_unref(packet.get());
    }
  }

  void prepare_converter() {
    const int channels = frame->ch_layout.nb_channels;
    if (converter && converter_format == frame->format && converter_channels == channels) return;
    SwrContext* made = nullptr;
    // Sample format only: rate and channels stay, so that integers become floats exactly.
    const int error = swr_alloc_set_opts2(&made, &frame->ch_layout, AV_SAMPLE_FMT_FLTP, frame->sample_rate,
                                          &frame->ch_layout, static_cast<AVSampleFormat>(frame->format),
                                          frame->sample_rate, 0, nullptr);
    converter.reset(made);
    if (error < 0 || swr_init(made) < 0) throw AudioError(name + ": unknown sample format");
    converter_format = frame->format;
    converter_channels = channels;
    planes.resize(static_cast<std::size_t>(channels));
  }

  void convert(std::vector<float>& samples) {
    prepare_converter();
    const auto count = static_cast<std::size_t>(frame->nb_samples);
    const std::size_t channels = planes.size();
    std::vector<std::uint8_t*> pointers;
    for (auto& plane : planes) {
      plane.resize(count);
      pointers.push_back(reinterpret_cast<std::uint8_t*>(plane.data()));
    }
    const int converted =
        swr_convert(converter.get(), pointers.data(), frame->nb_samples,
                    const_cast<const std::uint8_t**>(frame->extended_data), frame->nb_samples);
    if (converted != frame->nb_samples) throw AudioError(name + ": cannot convert its samples");
    if (options.channel) {
      const auto wanted = static_cast<std::size_t>(*options.channel);
      if (wanted >= channels) {
        throw AudioError(name + " has " + std::to_string(channels) + " channel(s); there is no channel " +
                         std::to_string(wanted) + " (the first is 0)");
      }
      samples.insert(samples.end(), planes[wanted].begin(), planes[wanted].end());
      return;
    }
    // Mean of the channels in float, as torch computes it.
    for (std::size_t i = 0; i < count; ++i) {
      float sum = planes[0][i];
      for (std::size_t channel = 1; channel < channels; ++channel) sum += planes[channel][i];
      samples.push_back(channels == 1 ? sum : sum / static_cast<float>(channels));
    }
  }
};

Decoder::Decoder(const std::string& path, const AudioOptions& options) : impl_(std::make_unique<Impl>()) {
  if (options.channel && *options.channel < 0) throw InvalidArgument("a channel number must not be negative");
  impl_->name = path == "-" ? "standard input" : "'" + path + "'";
  impl_->options = options;
  impl_->open(path);
}

Decoder::~Decoder() = default;

bool Decoder::next(std::vector<float>& samples, int& sample_rate_hz) {
  if (!impl_->next_frame()) return false;
  if (impl_->frame->nb_samples > 0 && impl_->frame->ch_layout.nb_channels > 0) impl_->convert(samples);
  sample_rate_hz = impl_->frame->sample_rate;
  av_frame_unref(impl_->frame.get());
  return true;
}

std::optional<double> Decoder::declared_duration_s() const {
  const AVFormatContext& format = *impl_->format;
  const AVStream& stream = *format.streams[impl_->stream];
  if (format.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) return std::nullopt;
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0) {
    return static_cast<double>(stream.duration) * av_q2d(stream.time_base);
  }
  // The file's duration is the audio's only when nothing else is in it.
  if (format.nb_streams == 1 && format.duration != AV_NOPTS_VALUE && format.duration > 0) {
    return static_cast<double>(format.duration) / AV_TIME_BASE;
  }
  return std::nullopt;
}

bool Decoder::broke_off() const {
  return impl_->broke_off;
}

}  // namespace diar
