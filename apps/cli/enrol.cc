#include "enrol.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <memory>

#include "diar/errors.h"
#include "diar/io/rttm.h"
#include "diar/overlap.h"
#include "output_plan.h"
#include "progress_bar.h"
#include "report_flags.h"

namespace diar::cli {
namespace {

/// The samples of some stretches of another source, one after another.
class SelectedSource final : public AudioSource {
 public:
  /// `segments` in order, disjoint.
  SelectedSource(std::unique_ptr<AudioSource> source, const std::vector<Segment>& segments)
      : source_(std::move(source)), block_(kModelSampleRateHz) {
    const auto sample_at = [](double time_s) {
      return static_cast<std::size_t>(std::llround(time_s * kModelSampleRateHz));
    };
    for (const Segment& segment : segments)
      stretches_.push_back({sample_at(segment.start_s), sample_at(segment.end_s)});
  }

  std::size_t read(std::span<float> out) override {
    std::size_t written = 0;
    while (written < out.size() && next_ < stretches_.size()) {
      if (at_ == filled_ && !fill()) break;
      const auto [begin, end] = stretches_[next_];
      const std::size_t position = first_ + at_;
      if (position >= end) {
        ++next_;
      } else if (position < begin) {
        at_ += std::min(begin - position, filled_ - at_);
      } else {
        const std::size_t count = std::min({end - position, filled_ - at_, out.size() - written});
        std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(at_), count,
                    out.begin() + static_cast<std::ptrdiff_t>(written));
        at_ += count;
        written += count;
      }
    }
    return written;
  }

 private:
  bool fill() {
    first_ += filled_;
    at_ = 0;
    filled_ = source_->read(block_);
    return filled_ > 0;
  }

  std::unique_ptr<AudioSource> source_;
  std::vector<std::pair<std::size_t, std::size_t>> stretches_;  // samples [begin, end)
  std::size_t next_ = 0;                                        // of the stretches
  std::vector<float> block_;
  std::size_t first_ = 0;   // position of the block
  std::size_t filled_ = 0;  // of the block
  std::size_t at_ = 0;      // in the block
};

// Where this speaker talks and nobody else does.
std::vector<Segment> sole_segments(const Annotation& annotation, const std::string& speaker) {
  std::vector<Turn> own;
  for (const Turn& turn : annotation.turns()) {
    if (turn.speaker == speaker) own.push_back(turn);
  }
  const std::vector<Segment> overlap = segments_with_speakers(annotation, 2);
  std::vector<Segment> sole;
  for (const Segment& segment : segments_with_speakers(Annotation({}, own), 1)) {
    double start_s = segment.start_s;
    for (const Segment& shared : overlap) {
      if (shared.end_s <= start_s || shared.start_s >= segment.end_s) continue;
      if (shared.start_s > start_s) sole.push_back({start_s, shared.start_s});
      start_s = shared.end_s;
    }
    if (segment.end_s > start_s) sole.push_back({start_s, segment.end_s});
  }
  return sole;
}

std::vector<Segment> segments_from(const std::string& from, const std::string& uri) {
  const std::size_t colon = from.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == from.size())
    throw InvalidArgument("--from takes RTTM:SPEAKER, unlike '" + from + "'");
  const std::string file = from.substr(0, colon);
  const std::string speaker = from.substr(colon + 1);
  const std::vector<Annotation> annotations = read_rttm_file(file);
  std::vector<std::string> uris;
  uris.reserve(annotations.size());
  for (const Annotation& annotation : annotations) uris.push_back(annotation.uri());
  const Annotation& annotation = annotations[choose_recording(uris, uri, file)];
  std::vector<Segment> sole = sole_segments(annotation, speaker);
  if (!sole.empty()) return sole;
  std::string names;
  for (const std::string& name : annotation.speakers()) names += (names.empty() ? "" : ", ") + name;
  throw InvalidArgument("'" + file + "' has no speech of '" + speaker + "' alone; its speakers are " + names);
}

}  // namespace

DiarizationOutput diarize_quietly(const Engine& engine, AudioSource& audio, const std::string& uri,
                                  bool quiet) {
  SessionOptions options;
  options.uri = uri;
  ProgressBar bar(uri, !quiet);
  auto output = engine.diarize(audio, options, [&](const Progress& progress) {
    bar.update(progress);
    return !interrupted();
  });
  bar.clear();
  return output;
}

std::vector<VoiceSample> enrol(const Engine& engine, const EnrolWishes& wishes, const AudioFlags& audio) {
  std::vector<VoiceSample> samples;
  EnrolmentOptions options;
  options.min_clean_s = wishes.min_clean_s;
  options.speaker = wishes.speaker;
  for (const std::string& input : wishes.inputs) {
    const std::string uri = uri_of(input);
    auto source = open_audio(input, audio.audio_options(wishes.quiet));
    if (!wishes.from.empty())
      source = std::make_unique<SelectedSource>(std::move(source), segments_from(wishes.from, uri));
    const DiarizationOutput output = diarize_quietly(engine, *source, uri, wishes.quiet);
    const std::string name =
        input == "-" ? "standard input" : std::filesystem::path(input).filename().string();
    samples.push_back(
        enrolled_voice(output, engine.voice_scoring(), engine.voice_calibration(), options, name, today()));
  }
  return samples;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof(text), "%Y-%m-%d", &local);
  return text;
}

}  // namespace diar::cli
