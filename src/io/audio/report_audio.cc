// The report's audio: Opus in WebM, written into memory, and the loudness on the way.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cmath>
#include <cstring>

#include "diar/errors.h"
#include "diar/io/audio.h"
#include "diar/io/report.h"
#include "io/audio/deep_stack.h"
#include "io/audio/ffmpeg_handles.h"
#include "io/audio/level_meter.h"

namespace diar {
namespace {

constexpr int kMinBitRate_bps = 6000;
constexpr int kMaxBitRate_bps = 128000;
constexpr std::size_t kIoBlock = 65536;

/// A growing file in memory. The muxer goes back to fill in the duration and the index, so it must be
/// seekable.
struct MemoryFile {
  std::string bytes;
  std::size_t position = 0;

  static int write(void* self, std::uint8_t* data, int size) {
    auto& file = *static_cast<MemoryFile*>(self);
    const auto count = static_cast<std::size_t>(size);
    file.bytes.resize(std::max(file.bytes.size(), file.position + count));
    std::memcpy(file.bytes.data() + file.position, data, count);
    file.position += count;
    return size;
  }

  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    auto& file = *static_cast<MemoryFile*>(self);
    const auto size = static_cast<std::int64_t>(file.bytes.size());
    if ((whence & AVSEEK_SIZE) != 0) return size;
    const std::int64_t base = whence == SEEK_END   ? size
                              : whence == SEEK_CUR ? static_cast<std::int64_t>(file.position)
                                                   : 0;
    if (base + offset < 0) return AVERROR(EINVAL);
    file.position = static_cast<std::size_t>(base + offset);
    return base + offset;
  }
};

struct MuxerDeleter {
  void operator()(AVFormatContext* context) const {
    if (context->pb != nullptr) {
      av_freep(&context->pb->buffer);
      avio_context_free(&context->pb);
    }
    avformat_free_context(context);
  }
};

void check(int status, const char* what) {
  if (status >= 0) return;
  throw OutputError(std::string("cannot compress the audio for the report: ") + what + ": " +
                    ffmpeg::reason_of(status));
}

class WebmWriter {
 public:
  explicit WebmWriter(int bit_rate_bps) {
    av_log_set_level(AV_LOG_QUIET);
    open_codec(bit_rate_bps);
    open_muxer();
  }

  std::size_t num_bytes() const { return file_.bytes.size(); }

  void write(std::span<const float> samples) {
    pending_.insert(pending_.end(), samples.begin(), samples.end());
    const auto frame_size = static_cast<std::size_t>(codec_->frame_size);
    std::size_t used = 0;
    for (; pending_.size() - used >= frame_size; used += frame_size) {
      encode(std::span(pending_).subspan(used, frame_size));
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(used));
  }

  std::string finish() {
    if (!pending_.empty()) encode(pending_);
    check(avcodec_send_frame(codec_.get(), nullptr), "the last frame");
    drain();
    check(av_write_trailer(muxer_.get()), "the file's end");
    avio_flush(muxer_->pb);
    return std::move(file_.bytes);
  }

 private:
  void open_codec(int bit_rate_bps) {
    const AVCodec* encoder = avcodec_find_encoder_by_name("libopus");
    if (encoder == nullptr) {
      throw OutputError("this FFmpeg cannot write Opus; leave the audio out of the report or link it");
    }
    codec_.reset(avcodec_alloc_context3(encoder));
    codec_->sample_fmt = AV_SAMPLE_FMT_FLT;
    codec_->sample_rate = kModelSampleRateHz;
    codec_->bit_rate = bit_rate_bps;
    codec_->time_base = {1, kModelSampleRateHz};
    codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    av_channel_layout_default(&codec_->ch_layout, 1);
    // Tuned for speech; long packets save container overhead.
    av_opt_set(codec_->priv_data, "application", "voip", 0);
    av_opt_set(codec_->priv_data, "frame_duration", "60", 0);
    av_opt_set(codec_->priv_data, "vbr", "constrained", 0);  // the size stays near what was promised
    codec_->compression_level = 5;  // half the time of 10, for 2 % more bytes at most
    check(avcodec_open2(codec_.get(), encoder, nullptr), "the encoder");
  }

  void open_muxer() {
    AVFormatContext* made = nullptr;
    check(avformat_alloc_output_context2(&made, nullptr, "webm", nullptr), "the container");
    muxer_.reset(made);
    // Without this the file would carry a random identifier: equal input must give equal reports.
    muxer_->flags |= AVFMT_FLAG_BITEXACT;
    auto* block = static_cast<std::uint8_t*>(av_malloc(kIoBlock));
    muxer_->pb = avio_alloc_context(block, static_cast<int>(kIoBlock), 1, &file_, nullptr, &MemoryFile::write,
                                    &MemoryFile::seek);
    stream_ = avformat_new_stream(muxer_.get(), nullptr);
    if (muxer_->pb == nullptr || stream_ == nullptr) throw std::bad_alloc();
    check(avcodec_parameters_from_context(stream_->codecpar, codec_.get()), "the stream");
    stream_->time_base = codec_->time_base;
    check(avformat_write_header(muxer_.get(), nullptr), "the file's header");
  }

  void encode(std::span<const float> samples) {
    av_frame_unref(frame_.get());
    frame_->format = codec_->sample_fmt;
    frame_->sample_rate = codec_->sample_rate;
    frame_->nb_samples = static_cast<int>(samples.size());
    check(av_channel_layout_copy(&frame_->ch_layout, &codec_->ch_layout), "a frame");
    check(av_frame_get_buffer(frame_.get(), 0), "a frame");
    auto* out = reinterpret_cast<float*>(frame_->data[0]);
    std::transform(samples.begin(), samples.end(), out, [](float sample) {
      return std::isfinite(sample) ? std::clamp(sample, -1.0f, 1.0f) : 0.0f;
    });
    frame_->pts = next_pts_;
    next_pts_ += frame_->nb_samples;
    check(avcodec_send_frame(codec_.get(), frame_.get()), "a frame");
    drain();
  }

  void drain() {
    while (true) {
      const int got = avcodec_receive_packet(codec_.get(), packet_.get());
      if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return;
      check(got, "a packet");
      av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
      packet_->stream_index = stream_->index;
      check(av_interleaved_write_frame(muxer_.get(), packet_.get()), "a packet");
    }
  }

  MemoryFile file_;
  ffmpeg::CodecPointer codec_;
  std::unique_ptr<AVFormatContext, MuxerDeleter> muxer_;
  AVStream* stream_ = nullptr;
  ffmpeg::PacketPointer packet_{av_packet_alloc()};
  ffmpeg::FramePointer frame_{av_frame_alloc()};
  std::vector<float> pending_;
  std::int64_t next_pts_ = 0;
};

}  // namespace

struct ReportAudioEncoder::Impl {
  ReportAudioOptions options;
  std::unique_ptr<WebmWriter> writer;
  LevelMeter levels;
  bool too_large = false;
};

ReportAudioEncoder::ReportAudioEncoder(const ReportAudioOptions& options) : impl_(std::make_unique<Impl>()) {
  if (options.bit_rate_bps < kMinBitRate_bps || options.bit_rate_bps > kMaxBitRate_bps) {
    throw InvalidArgument("an Opus bit rate of " + std::to_string(options.bit_rate_bps) +
                          " is outside 6000 to 128000");
  }
  impl_->options = options;
  if (options.embed) impl_->writer = std::make_unique<WebmWriter>(options.bit_rate_bps);
}

ReportAudioEncoder::ReportAudioEncoder(ReportAudioEncoder&&) noexcept = default;
ReportAudioEncoder& ReportAudioEncoder::operator=(ReportAudioEncoder&&) noexcept = default;
ReportAudioEncoder::~ReportAudioEncoder() = default;

void ReportAudioEncoder::write(std::span<const float> samples) {
  impl_->levels.write(samples);
  if (!impl_->writer) return;
  on_deep_stack([&] { impl_->writer->write(samples); });
  if (impl_->writer->num_bytes() > impl_->options.max_bytes) {
    // What is beyond the limit would be thrown away, so stop paying for it.
    impl_->writer.reset();
    impl_->too_large = true;
  }
}

ReportAudio ReportAudioEncoder::finish() {
  ReportAudio audio;
  audio.levels = impl_->levels.finish();
  audio.level_step_s = impl_->levels.step_s();
  audio.duration_s = impl_->levels.duration_s();
  if (impl_->writer && audio.duration_s > 0.0) {
    on_deep_stack([&] { audio.bytes = impl_->writer->finish(); });
    if (audio.bytes.size() > impl_->options.max_bytes) {
      audio.bytes.clear();
      impl_->too_large = true;
    } else {
      audio.mime_type = "audio/webm";
    }
  }
  impl_->writer.reset();
  audio.too_large = impl_->too_large;
  return audio;
}

}  // namespace diar
