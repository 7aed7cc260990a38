#include <algorithm>
#include <cmath>

#include "diar/errors.h"
#include "diar/overlap.h"
#include "diar/voices.h"
#include "voices/plda_trials.h"

namespace diar {
namespace {

std::string seconds(double time_s) {
  const double tenths = std::floor(time_s * 10.0) / 10.0;
  std::string text = std::to_string(tenths);
  return text.substr(0, text.find('.') + 2) + " s";
}

// What of `segment` lies in the others, which are in order and disjoint.
double shared_s(const Segment& segment, const std::vector<Segment>& others) {
  double sum = 0.0;
  for (const Segment& other : others) {
    sum += std::max(0.0, std::min(segment.end_s, other.end_s) - std::max(segment.start_s, other.start_s));
  }
  return sum;
}

const SpeakerEmbedding* embedding_of(const DiarizationOutput& output, const std::string& speaker) {
  const auto& all = output.speaker_embeddings;
  const auto place = std::find_if(all.begin(), all.end(),
                                  [&](const SpeakerEmbedding& one) { return one.speaker == speaker; });
  return place == all.end() ? nullptr : &*place;
}

bool are_one(const SpeakerEmbedding* a, const SpeakerEmbedding* b, const SpeakerScoring& scoring,
             const VoiceCalibration& calibration) {
  if (a == nullptr || b == nullptr) return false;
  return calibration.scale * scoring.score(a->values, b->values) + calibration.offset > 0.0;
}

}  // namespace

double clean_speech_s(const Annotation& annotation, const std::string& speaker) {
  const std::vector<Segment> overlap = segments_with_speakers(annotation, 2);
  double sum = 0.0;
  for (const Turn& turn : annotation.turns()) {
    if (turn.speaker == speaker) sum += turn.segment.duration_s() - shared_s(turn.segment, overlap);
  }
  return std::max(0.0, sum);
}

VoiceSample enrolled_voice(const DiarizationOutput& output, const SpeakerScoring& scoring,
                           const VoiceCalibration& calibration, const EnrolmentOptions& options,
                           std::string source, std::string date) {
  const auto refuse = [&](const std::string& why) { throw AudioError("'" + source + "': " + why); };
  std::vector<SpeakerTotal> totals = output.diarization.totals();
  if (totals.empty()) refuse("nobody speaks");
  std::stable_sort(totals.begin(), totals.end(),
                   [](const SpeakerTotal& a, const SpeakerTotal& b) { return a.speech_s > b.speech_s; });
  const std::string speaker = options.speaker.empty() ? totals[0].speaker : options.speaker;
  const auto chosen = std::find_if(totals.begin(), totals.end(),
                                   [&](const SpeakerTotal& total) { return total.speaker == speaker; });
  if (chosen == totals.end()) {
    std::string labels;
    for (const std::string& label : output.diarization.speakers())
      labels += (labels.empty() ? "" : ", ") + label;
    throw InvalidArgument("'" + source + "' has no speaker '" + speaker + "', only " + labels);
  }
  const SpeakerEmbedding* voice = embedding_of(output, speaker);
  if (options.speaker.empty()) {
    for (const SpeakerTotal& other : totals) {
      const bool counts =
          other.speaker != speaker && (other.speech_s > options.max_other_s ||
                                       other.speech_s > options.max_other_share * chosen->speech_s);
      if (counts && !are_one(voice, embedding_of(output, other.speaker), scoring, calibration)) {
        refuse("a second person talks in it for " + seconds(other.speech_s) +
               ": choose the speaker, or give a recording of one person");
      }
    }
  }
  const double clean_s = clean_speech_s(output.diarization, speaker);
  if (clean_s < options.min_clean_s) {
    refuse("only " + seconds(clean_s) + " of speech in which nobody else talks, and " +
           seconds(options.min_clean_s) + " are the least");
  }
  if (voice == nullptr ||
      std::all_of(voice->values.begin(), voice->values.end(), [](float value) { return value == 0.0f; })) {
    refuse("no piece of speech is long enough to recognise a voice");
  }
  return {voice->values, std::move(source), std::round(clean_s * 1e3) / 1e3, std::move(date)};
}

}  // namespace diar
