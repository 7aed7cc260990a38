#include "io/audio/encoder.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace diar::audio_test {
namespace {

constexpr int kFramesWithoutSize = 1024;  // for encoders that take any number of samples at once
constexpr int kPicturesPerSecond = 25;

void check(int code, const std::string& what) {
  char reason[AV_ERROR_MAX_STRING_SIZE] = {};
  if (code >= 0) return;
  av_strerror(code, reason, sizeof(reason));
  throw std::runtime_error(what + ": " + reason);
}

struct ContextDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct FrameDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct PacketDeleter {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct ConverterDeleter {
  void operator()(SwrContext* converter) const { swr_free(&converter); }
};
struct OutputDeleter {
  void operator()(AVFormatContext* format) const {
    if (format->pb != nullptr) avio_closep(&format->pb);
    avformat_free_context(format);
  }
};
using Frame = std::unique_ptr<AVFrame, FrameDeleter>;

class File {
 public:
  File(const std::string& path, const Encoding& encoding, const std::vector<std::vector<float>>& channels)
      : encoding_(encoding), channels_(channels) {
    AVFormatContext* format = nullptr;
    check(avformat_alloc_output_context2(&format, nullptr, encoding.container, path.c_str()),
          std::string("container ") + encoding.container);
    format_.reset(format);
    format_->flags |= AVFMT_FLAG_BITEXACT;  // no date, no random numbers
    open_audio();
    if (encoding.video_codec != nullptr) open_video();
    check(avio_open(&format_->pb, path.c_str(), AVIO_FLAG_WRITE), path);
    AVDictionary* options = nullptr;
    if (encoding.muxer_options != nullptr)
      check(av_dict_parse_string(&options, encoding.muxer_options, "=", ":", 0), "options");
    const int error = avformat_write_header(format_.get(), &options);
    av_dict_free(&options);
    check(error, "header");
  }

  void write() {
    if (video_) write_video();
    write_audio();
    check(av_write_trailer(format_.get()), "trailer");
  }

 private:
  AVStream* open(const char* name, std::unique_ptr<AVCodecContext, ContextDeleter>& context) {
    const AVCodec* codec = avcodec_find_encoder_by_name(name);
    if (codec == nullptr) throw std::runtime_error(std::string("FFmpeg here has no encoder ") + name);
    context.reset(avcodec_alloc_context3(codec));
    context->flags |= AV_CODEC_FLAG_BITEXACT;
    context->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    return avformat_new_stream(format_.get(), codec);
  }

  void open_audio() {
    AVStream* stream = open(encoding_.audio_codec, audio_);
    audio_->sample_rate = encoding_.sample_rate_hz;
    audio_->sample_fmt = audio_->codec->sample_fmts[0];
    audio_->bit_rate = 64000 * static_cast<int>(channels_.size());
    audio_->time_base = {1, encoding_.sample_rate_hz};
    av_channel_layout_default(&audio_->ch_layout, static_cast<int>(channels_.size()));
    check(avcodec_open2(audio_.get(), audio_->codec, nullptr), encoding_.audio_codec);
    check(avcodec_parameters_from_context(stream->codecpar, audio_.get()), "parameters");
    stream->time_base = audio_->time_base;
    SwrContext* converter = nullptr;
    check(swr_alloc_set_opts2(&converter, &audio_->ch_layout, audio_->sample_fmt, encoding_.sample_rate_hz,
                              &audio_->ch_layout, AV_SAMPLE_FMT_FLTP, encoding_.sample_rate_hz, 0, nullptr),
          "converter");
    converter_.reset(converter);
    check(swr_init(converter), "converter");
  }

  void open_video() {
    AVStream* stream = open(encoding_.video_codec, video_);
    video_->width = 64;
    video_->height = 64;
    video_->pix_fmt = AV_PIX_FMT_YUV420P;
    video_->time_base = {1, kPicturesPerSecond};
    video_->bit_rate = 100000;
    check(avcodec_open2(video_.get(), video_->codec, nullptr), encoding_.video_codec);
    check(avcodec_parameters_from_context(stream->codecpar, video_.get()), "parameters");
    stream->time_base = video_->time_base;
  }

  // Time stamps are moved after the encoder, which would fill or refuse gaps.
  void drain(AVCodecContext* context, int stream) {
    const std::unique_ptr<AVPacket, PacketDeleter> packet(av_packet_alloc());
    while (avcodec_receive_packet(context, packet.get()) == 0) {
      packet->stream_index = stream;
      double shift_s = stream == 0 ? encoding_.start_s : encoding_.video_start_s;
      if (stream == 0 && encoding_.gap_s > 0.0 &&
          static_cast<double>(packet->pts) * av_q2d(context->time_base) >= encoding_.gap_at_s)
        shift_s += encoding_.gap_s;
      const auto shift = static_cast<std::int64_t>(std::llround(shift_s / av_q2d(context->time_base)));
      packet->pts += shift;
      packet->dts += shift;
      av_packet_rescale_ts(packet.get(), context->time_base, format_->streams[stream]->time_base);
      check(av_interleaved_write_frame(format_.get(), packet.get()), "packet");
    }
  }

  void write_audio() {
    const int size = audio_->frame_size > 0 ? audio_->frame_size : kFramesWithoutSize;
    const int total = static_cast<int>(channels_[0].size());
    for (int done = 0; done < total; done += size) {
      const Frame frame(av_frame_alloc());
      frame->nb_samples = std::min(size, total - done);
      frame->format = audio_->sample_fmt;
      frame->sample_rate = audio_->sample_rate;
      frame->pts = done;
      check(av_channel_layout_copy(&frame->ch_layout, &audio_->ch_layout), "layout");
      check(av_frame_get_buffer(frame.get(), 0), "frame");
      std::vector<const std::uint8_t*> planes;
      for (const auto& channel : channels_)
        planes.push_back(reinterpret_cast<const std::uint8_t*>(channel.data() + done));
      check(swr_convert(converter_.get(), frame->extended_data, frame->nb_samples, planes.data(),
                        frame->nb_samples),
            "conversion");
      check(avcodec_send_frame(audio_.get(), frame.get()), "audio");
      drain(audio_.get(), 0);
    }
    check(avcodec_send_frame(audio_.get(), nullptr), "audio");
    drain(audio_.get(), 0);
  }

  void write_video() {
    for (int picture = 0; picture < kPicturesPerSecond; ++picture) {
      const Frame frame(av_frame_alloc());
      frame->format = video_->pix_fmt;
      frame->width = video_->width;
      frame->height = video_->height;
      frame->pts = picture;
      check(av_frame_get_buffer(frame.get(), 0), "frame");
      for (int plane = 0; plane < 3; ++plane) {
        const int rows = plane == 0 ? video_->height : video_->height / 2;
        std::memset(frame->data[plane], 128, static_cast<std::size_t>(frame->linesize[plane] * rows));
      }
      check(avcodec_send_frame(video_.get(), frame.get()), "video");
      drain(video_.get(), 1);
    }
    check(avcodec_send_frame(video_.get(), nullptr), "video");
    drain(video_.get(), 1);
  }

  const Encoding encoding_;
  const std::vector<std::vector<float>>& channels_;
  std::unique_ptr<AVFormatContext, OutputDeleter> format_;
  std::unique_ptr<AVCodecContext, ContextDeleter> audio_;
  std::unique_ptr<AVCodecContext, ContextDeleter> video_;
  std::unique_ptr<SwrContext, ConverterDeleter> converter_;
};

}  // namespace

void encode(const std::string& path, const Encoding& encoding,
            const std::vector<std::vector<float>>& channels) {
  File(path, encoding, channels).write();
}

}  // namespace diar::audio_test
