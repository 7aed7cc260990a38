#include "io/audio/decoder.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

#include "diar/errors.h"
#include "io/audio/avio_input.h"
#include "io/audio/containers.h"
#include "io/audio/ffmpeg_handles.h"
#include "io/audio/ogg_end.h"
#include "io/audio/packet_trail.h"
#include "io/audio/timeline.h"

namespace diar {
namespace {

constexpr std::int64_t kSilenceBlock = 16384;
// Time stamps are 64 bits that anybody may write; nobody leaves half a day out of a recording.
constexpr double kMaxSilence_s = 12 * 3600.0;

struct FormatDeleter {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
struct ConverterDeleter {
  void operator()(SwrContext* converter) const { swr_free(&converter); }
};

using ffmpeg::reason_of;

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

// Decoders of pictures have nothing to do here, and would be handed strangers' bytes.
const std::string& audio_decoders() {
  static const std::string names = [] {
    std::string list;
    void* state = nullptr;
    while (const AVCodec* codec = av_codec_iterate(&state)) {
      if (codec->type == AVMEDIA_TYPE_AUDIO && av_codec_is_decoder(codec))
        list += std::string(codec->name) + ",";
    }
    return list;
  }();
  return names;
}

double seconds(std::int64_t time, AVRational base) {
  return static_cast<double>(time) * av_q2d(base);
}

}  // namespace

struct Decoder::Impl {
  std::string name;
  AudioOptions options;
  std::unique_ptr<AvioInput> input;  // outlives `format`, which reads from it
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
  // Packets of all tracks come, so that their trail through the file has no holes.
  bool reads_all_streams = false;
  std::optional<Timeline> timeline;
  double start_s = 0.0;  // the time stamp of position 0
  int first_rate_hz = 0;
  PacketTrail trail;
  std::int64_t num_packets = 0;  // of the chosen track
  std::int64_t num_refused = 0;
  std::int64_t pending_silence = 0;  // samples that stand before `frame`
  bool frame_waits = false;
  double silence_s = 0.0;
  double covered_s = 0.0;

  // A failed call of FFmpeg is our own stop or failed read, or else what `message` says.
  [[noreturn]] void fail(const std::string& message) const {
    input->rethrow(name);
    throw AudioError(name + message);
  }

  void open(const std::string& file_name) {
    av_log_set_level(AV_LOG_QUIET);
    const AVInputFormat* demuxer = probe(file_name);
    format.reset(avformat_alloc_context());
    if (!format) throw std::bad_alloc();
    format->pb = input->context();
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->interrupt_callback = input->interrupt_callback();
    // No input opens a second file: not through this context, and not through contexts that demuxers make of
    // their own, which inherit the lists.
    format->io_open = refuse_to_open;
    format->protocol_whitelist = av_strdup("none");
    format->format_whitelist = av_strdup(audio_containers().c_str());
    format->codec_whitelist = av_strdup(audio_decoders().c_str());
    AVFormatContext* opened = format.release();  // freed by FFmpeg on failure
    const int error = avformat_open_input(&opened, "", demuxer, nullptr);
    if (error < 0) fail(" is not audio that FFmpeg knows (" + reason_of(error) + ")");
    format.reset(opened);
    if (avformat_find_stream_info(format.get(), nullptr) < 0) fail(": no readable audio in it");
    choose_stream();
  }

  // The name is shown to FFmpeg here only: demuxers look for companions of the file they know by name.
  const AVInputFormat* probe(const std::string& file_name) {
    const AVInputFormat* demuxer = nullptr;
    const int score = av_probe_input_buffer2(input->context(), &demuxer, file_name.c_str(), nullptr, 0, 0);
    if (score < 0 || demuxer == nullptr) fail(" is not audio that FFmpeg knows (" + reason_of(score) + ")");
    if (is_audio_container(demuxer->name)) return demuxer;
    const std::string kind = std::string(" (") + demuxer->name + ")";
    if (refers_elsewhere(demuxer->name))
      fail(" only names other files or addresses" + kind + "; no recording opens those: name them yourself");
    fail(" is not audio that FFmpeg knows" + kind);
  }

  void choose_stream() {
    const AVCodec* decoder = nullptr;
    stream = av_find_best_stream(format.get(), AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
    if (stream < 0 || decoder == nullptr) fail(" has no audio track that FFmpeg can decode");
    reads_all_streams = format->nb_streams == 1 || is_matroska();
    for (unsigned i = 0; i < format->nb_streams; ++i) {
      if (static_cast<int>(i) != stream && !reads_all_streams) format->streams[i]->discard = AVDISCARD_ALL;
    }
    const AVStream& chosen = *format->streams[stream];
    codec.reset(avcodec_alloc_context3(decoder));
    if (avcodec_parameters_to_context(codec.get(), chosen.codecpar) < 0) fail(": damaged header");
    codec->pkt_timebase = chosen.time_base;  // lets the decoder drop encoder delay
    if (const int error = avcodec_open2(codec.get(), decoder, nullptr); error < 0)
      fail(": cannot decode its audio (" + reason_of(error) + ")");
  }

  bool is_ogg() const { return std::string_view(format->iformat->name) == "ogg"; }
  bool is_matroska() const { return std::string_view(format->iformat->name).starts_with("matroska"); }
  bool is_asf() const { return std::string_view(format->iformat->name).starts_with("asf"); }
  // Of the file they state the last time stamp, whatever the first one is.
  bool states_last_time() const {
    return is_matroska() || is_asf() || std::string_view(format->iformat->name) == "nut";
  }

  // Feeds packets until the decoder has a frame. Damaged packets are passed over: the missing time shows at
  // the end.
  bool next_frame() {
    while (true) {
      const int got = avcodec_receive_frame(codec.get(), frame.get());
      if (got == 0) return true;
      if (got == AVERROR_EOF || draining) return false;
      if (got != AVERROR(EAGAIN)) refuse_packet();
      const int read = av_read_frame(format.get(), packet.get());
      input->rethrow(name);
      if (read < 0) {
        // Some demuxers say -1 at the end.
        broke_off = read != AVERROR_EOF && !(read == -1 && avio_feof(format->pb) != 0);
        draining = true;
        avcodec_send_packet(codec.get(), nullptr);
        continue;
      }
      if (reads_all_streams) trail.read(packet->pos, packet->size);
      if (packet->stream_index == stream) {
        const int sent = avcodec_send_packet(codec.get(), packet.get());
        ++num_packets;
        if (sent < 0 && sent != AVERROR(EAGAIN)) refuse_packet();
        if ((packet->flags & AV_PKT_FLAG_CORRUPT) != 0) trail.rejected();
      }
      av_packet_unref(packet.get());
    }
  }

  void refuse_packet() {
    trail.rejected();
    ++num_refused;
  }

  // The time at which players begin: where the first of the tracks that are seen or heard does.
  double origin_s(double first_s) const {
    double origin_s = first_s;
    for (unsigned i = 0; i < format->nb_streams; ++i) {
      const AVStream& other = *format->streams[i];
      const bool played = other.codecpar->codec_type == AVMEDIA_TYPE_VIDEO ||
                          other.codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
      if (static_cast<int>(i) == stream || !played || other.start_time == AV_NOPTS_VALUE) continue;
      if ((other.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) continue;
      // Below zero there is only what an encoder needs to warm up.
      origin_s = std::min(origin_s, std::max(0.0, seconds(other.start_time, other.time_base)));
    }
    return origin_s;
  }

  // Sets the silence before the new frame, where its time stamp asks for some.
  void place_frame() {
    pending_silence = 0;
    if (frame->best_effort_timestamp == AV_NOPTS_VALUE || frame->sample_rate <= 0) return;
    if (!stores_times(format->iformat->name)) return;
    const double time_s = seconds(frame->best_effort_timestamp, format->streams[stream]->time_base);
    const bool first = !timeline;
    const bool may_restart = (format->iformat->flags & AVFMT_TS_DISCONT) != 0;
    if (first) {
      start_s = origin_s(time_s);
      timeline.emplace(start_s, may_restart);
    }
    // The parts of a joined Ogg file count time in samples of their own rate; FFmpeg takes them for the first
    // one's.
    if (first) first_rate_hz = frame->sample_rate;
    if (is_ogg() && frame->sample_rate != first_rate_hz) timeline->lose_track();
    const double gap_s = timeline->silence_before_s(time_s);
    if (gap_s == 0.0) return;
    silence_s += gap_s;
    if (silence_s > kMaxSilence_s) {
      throw AudioError(name + ": its time stamps leave out " +
                       std::to_string(std::llround(silence_s / 3600.0)) +
                       " hours; convert it to a WAV file first");
    }
    pending_silence = std::llround(gap_s * frame->sample_rate);
    if (!first && !trail.lost(gap_s, covered_s)) covered_s += gap_s;
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

Decoder::Decoder(std::unique_ptr<ByteInput> bytes, const std::string& name, const std::string& file_name,
                 const AudioOptions& options)
    : impl_(std::make_unique<Impl>()) {
  if (options.channel && *options.channel < 0) throw InvalidArgument("a channel number must not be negative");
  impl_->name = name;
  impl_->options = options;
  impl_->input = std::make_unique<AvioInput>(std::move(bytes), options.interrupted);
  impl_->input->rethrow(name);
  impl_->open(file_name);
}

Decoder::~Decoder() = default;

bool Decoder::next(std::vector<float>& samples, int& sample_rate_hz) {
  Impl& impl = *impl_;
  if (!impl.frame_waits) {
    if (!impl.next_frame()) return false;
    impl.place_frame();
    impl.frame_waits = true;
  }
  sample_rate_hz = impl.frame->sample_rate;
  if (impl.pending_silence > 0) {
    const std::int64_t count = std::min(impl.pending_silence, kSilenceBlock);
    samples.insert(samples.end(), static_cast<std::size_t>(count), 0.0f);
    impl.pending_silence -= count;
    return true;
  }
  impl.frame_waits = false;
  if (impl.frame->nb_samples > 0 && impl.frame->ch_layout.nb_channels > 0) impl.convert(samples);
  if (sample_rate_hz > 0) {
    const double frame_s = static_cast<double>(impl.frame->nb_samples) / sample_rate_hz;
    if (impl.timeline) impl.timeline->advance(frame_s);
    impl.covered_s += frame_s;
  }
  av_frame_unref(impl.frame.get());
  return true;
}

const StatedLength& Decoder::stated() const {
  return impl_->input->stated();
}

std::optional<double> Decoder::declared_duration_s() const {
  const AVFormatContext& format = *impl_->format;
  const AVStream& stream = *format.streams[impl_->stream];
  if (format.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) return std::nullopt;
  // ASF gives every track the file's.
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0 && !impl_->is_asf())
    return seconds(stream.duration, stream.time_base);
  // The file's duration is the audio's only when nothing else is in it.
  if (format.nb_streams != 1 || format.duration == AV_NOPTS_VALUE || format.duration <= 0)
    return std::nullopt;
  std::int64_t duration = format.duration;
  if (impl_->states_last_time() && format.start_time != AV_NOPTS_VALUE)
    duration -= std::max<std::int64_t>(format.start_time, 0);
  if (duration <= 0) return std::nullopt;  // it claims to start after its end
  return seconds(duration, AV_TIME_BASE_Q);
}

std::optional<double> Decoder::declared_duration_at_end_s() const {
  const Impl& impl = *impl_;
  const auto declared_s = declared_duration_s();
  if (!declared_s || !impl.timeline) return declared_s;
  if (impl.timeline->restarted()) return std::nullopt;
  // In Ogg the last page's time is the length.
  return impl.is_ogg() ? *declared_s - std::max(0.0, impl.start_s) : *declared_s;
}

double Decoder::covered_s() const {
  return impl_->covered_s;
}

double Decoder::undecodable_s() const {
  const auto refused = static_cast<double>(impl_->num_refused);
  const auto decoded = static_cast<double>(impl_->num_packets - impl_->num_refused);
  return decoded > 0.0 ? impl_->covered_s * refused / decoded : 0.0;
}

std::optional<std::uint64_t> Decoder::num_bytes() const {
  return impl_->input->num_bytes();
}

bool Decoder::broke_off() const {
  return impl_->broke_off;
}

bool Decoder::lacks_end_mark() {
  return impl_->is_ogg() && !ogg_has_end_mark(impl_->input->tail(kOggTailBytes));
}

}  // namespace diar
