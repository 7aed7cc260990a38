#include "diar/linking.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "diar/errors.h"
#include "voices/plda_trials.h"

namespace diar {
namespace {

constexpr int kRounds = 10;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// One speaker of one recording.
struct Point {
  std::size_t recording = 0;
  std::size_t speaker = 0;
  bool is_heard = true;   // has an embedding
  bool is_long = true;    // talks long enough to found a voice that others join
  std::vector<double> x;  // [L]
};

class Linker {
 public:
  Linker(std::span<const RecordingSpeakers> recordings, const SpeakerScoring& scoring,
         const VoiceCalibration& calibration, const LinkOptions& options)
      : recordings_(recordings),
        trials_(scoring),
        gallery_(trials_),
        calibration_(calibration),
        options_(options) {
    for (std::size_t r = 0; r < recordings.size(); ++r) {
      first_.push_back(points_.size());
      for (std::size_t s = 0; s < recordings[r].speakers.size(); ++s) add_point(r, s);
    }
    first_.push_back(points_.size());
    voice_of_.assign(points_.size(), kNone);
  }

  LinkedSpeakers run() {
    const std::vector<std::size_t> order = longest_first();
    for (const std::size_t recording : order) assign(recording, true);
    for (int round = 0; round < kRounds; ++round) {
      bool changed = join_voices();
      for (const std::size_t recording : order) changed = reassign(recording) || changed;
      if (!changed) break;
    }
    for (const std::size_t recording : order) assign(recording, false);
    return result();
  }

 private:
  void add_point(std::size_t recording, std::size_t speaker) {
    const auto& values = recordings_[recording].speakers[speaker].values;
    if (recordings_[recording].speech_s.size() != recordings_[recording].speakers.size())
      throw InvalidArgument("linking needs the speech of each speaker");
    if (dimension_ == 0) dimension_ = values.size();
    if (values.size() != dimension_) throw InvalidArgument("embeddings of voices are not of one length");
    Point point{recording, speaker, true, true, {}};
    point.is_heard =
        std::any_of(values.begin(), values.end(), [](float value) { return value != 0.0f; }) &&
        std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
    point.is_long = point.is_heard && recordings_[recording].speech_s[speaker] >= options_.min_speech_s;
    if (point.is_heard) point.x = trials_.transform(values, dimension_);
    points_.push_back(std::move(point));
  }

  std::vector<std::size_t> longest_first() const {
    std::vector<double> total_s;
    for (const RecordingSpeakers& recording : recordings_)
      total_s.push_back(std::accumulate(recording.speech_s.begin(), recording.speech_s.end(), 0.0));
    std::vector<std::size_t> order(recordings_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return total_s[a] > total_s[b]; });
    return order;
  }

  double calibrated(double raw) const { return calibration_.scale * raw + calibration_.offset; }
  double least() const {
    return options_.threshold + std::log(static_cast<double>(std::max<std::size_t>(1, num_voices_)));
  }

  void put(std::size_t point, std::size_t voice) {
    if (voice == gallery_.size()) {
      gallery_.add({std::vector<double>(points_[point].x.size()), 0.0});
      recordings_of_.emplace_back();
    }
    const Enrolled& before = gallery_.person(voice);
    num_voices_ += before.count == 0.0 ? 1 : 0;
    gallery_.replace(voice, pooled(before, {points_[point].x, 1.0}));
    recordings_of_[voice].insert(points_[point].recording);
    voice_of_[point] = voice;
  }

  // The number of a voice without speakers goes to the next new one.
  void free(std::size_t voice) {
    --num_voices_;
    free_.push_back(voice);
  }
  void found(std::size_t point) {
    const std::size_t voice = free_.empty() ? gallery_.size() : free_.back();
    if (!free_.empty()) free_.pop_back();
    put(point, voice);
  }

  void take(std::size_t point) {
    const std::size_t voice = voice_of_[point];
    Enrolled rest = gallery_.person(voice);
    rest.count -= 1.0;
    for (std::size_t i = 0; i < rest.mean.size(); ++i) {
      rest.mean[i] =
          rest.count == 0.0 ? 0.0 : ((rest.count + 1.0) * rest.mean[i] - points_[point].x[i]) / rest.count;
    }
    if (rest.count == 0.0) free(voice);
    gallery_.replace(voice, std::move(rest));
    recordings_of_[voice].erase(points_[point].recording);
    voice_of_[point] = kNone;
  }

  // The speakers of one recording that have no voice yet; the likeliest pairs of speaker and voice first.
  void assign(std::size_t recording, bool long_only) {
    struct Pair {
      double score;
      std::size_t point;
      std::size_t voice;
    };
    std::vector<Pair> pairs;
    std::vector<std::size_t> open;
    for (std::size_t p = first_[recording]; p < first_[recording + 1]; ++p) {
      if (voice_of_[p] != kNone || !points_[p].is_heard || (long_only && !points_[p].is_long)) continue;
      open.push_back(p);
      const std::vector<double> scores = gallery_.scores(points_[p].x);
      for (std::size_t voice = 0; voice < scores.size(); ++voice) {
        const double score = calibrated(scores[voice]);
        if (gallery_.person(voice).count > 0.0 && score > least() &&
            !recordings_of_[voice].contains(recording))
          pairs.push_back({score, p, voice});
      }
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair& a, const Pair& b) { return a.score > b.score; });
    for (const Pair& pair : pairs) {
      if (voice_of_[pair.point] == kNone && !recordings_of_[pair.voice].contains(recording))
        put(pair.point, pair.voice);
    }
    for (const std::size_t p : open) {
      if (voice_of_[p] == kNone) found(p);
    }
  }

  // Whether the recording chose otherwise.
  bool reassign(std::size_t recording) {
    std::vector<std::size_t> before;
    std::vector<std::size_t> moved;
    std::vector<bool> was_alone;
    for (std::size_t p = first_[recording]; p < first_[recording + 1]; ++p) {
      if (voice_of_[p] == kNone) continue;
      moved.push_back(p);
      before.push_back(voice_of_[p]);
      was_alone.push_back(gallery_.person(voice_of_[p]).count == 1.0);
      take(p);
    }
    assign(recording, true);
    bool changed = false;
    for (std::size_t i = 0; i < moved.size(); ++i) {
      // Alone before and alone again: the same voice, perhaps under another number.
      const bool alone = gallery_.person(voice_of_[moved[i]]).count == 1.0;
      changed = changed || (voice_of_[moved[i]] != before[i] && !(alone && was_alone[i]));
    }
    return changed;
  }

  bool may_join(std::size_t a, std::size_t b) const {
    const auto& few =
        recordings_of_[a].size() < recordings_of_[b].size() ? recordings_of_[a] : recordings_of_[b];
    const auto& many = &few == &recordings_of_[a] ? recordings_of_[b] : recordings_of_[a];
    return std::none_of(few.begin(), few.end(), [&](std::size_t r) { return many.contains(r); });
  }

  // Voices that are one: the likeliest pairs first, a voice in one pair at most.
  bool join_voices() {
    struct Pair {
      double score;
      std::size_t a;
      std::size_t b;
    };
    std::vector<Pair> pairs;
    for (std::size_t a = 0; a < gallery_.size(); ++a) {
      if (gallery_.person(a).count == 0.0) continue;
      const std::vector<double> scores = gallery_.scores(gallery_.person(a).mean);
      Pair best{least(), a, kNone};
      for (std::size_t b = 0; b < scores.size(); ++b) {
        if (b == a || gallery_.person(b).count == 0.0) continue;
        const double score = calibrated(scores[b]);
        if (score > best.score && may_join(a, b)) best = {score, a, b};
      }
      if (best.b != kNone) pairs.push_back(best);
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair& a, const Pair& b) { return a.score > b.score; });
    std::set<std::size_t> joined;
    for (const Pair& pair : pairs) {
      if (joined.contains(pair.a) || joined.contains(pair.b)) continue;
      joined.insert({pair.a, pair.b});
      gallery_.replace(pair.a, pooled(gallery_.person(pair.a), gallery_.person(pair.b)));
      gallery_.replace(pair.b, {std::vector<double>(gallery_.person(pair.b).mean.size()), 0.0});
      recordings_of_[pair.a].merge(recordings_of_[pair.b]);
      recordings_of_[pair.b].clear();
      free(pair.b);
      std::replace(voice_of_.begin(), voice_of_.end(), pair.b, pair.a);
    }
    return !joined.empty();
  }

  LinkedSpeakers result() const {
    LinkedSpeakers linked;
    std::vector<std::size_t> number(gallery_.size(), kNone);
    for (std::size_t r = 0; r < recordings_.size(); ++r) {
      linked.voice_of.emplace_back();
      for (std::size_t p = first_[r]; p < first_[r + 1]; ++p) {
        // Who was never heard is somebody new.
        std::size_t voice = voice_of_[p] == kNone ? kNone : number[voice_of_[p]];
        if (voice == kNone) {
          voice = linked.voices.size();
          linked.voices.push_back({0.0, std::vector<float>(dimension_, 0.0f)});
          if (voice_of_[p] != kNone) number[voice_of_[p]] = voice;
        }
        linked.voice_of.back().push_back(voice);
        add_to(linked.voices[voice], points_[p]);
      }
    }
    for (LinkedVoice& voice : linked.voices) {
      for (float& value : voice.embedding) value = static_cast<float>(value / std::max(voice.speech_s, 1e-9));
    }
    return linked;
  }

  void add_to(LinkedVoice& voice, const Point& point) const {
    const RecordingSpeakers& recording = recordings_[point.recording];
    const auto& values = recording.speakers[point.speaker].values;
    const double speech_s = std::max(recording.speech_s[point.speaker], 1e-3);
    voice.speech_s += speech_s;
    if (!point.is_heard) return;
    double squares = 0.0;
    for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
    const double weight = speech_s / std::sqrt(squares);
    for (std::size_t i = 0; i < values.size(); ++i)
      voice.embedding[i] += static_cast<float>(weight * static_cast<double>(values[i]));
  }

  std::span<const RecordingSpeakers> recordings_;
  PldaTrials trials_;
  Gallery gallery_;  // of voices; those without a speaker count 0
  VoiceCalibration calibration_;
  LinkOptions options_;
  std::size_t dimension_ = 0;
  std::vector<Point> points_;
  std::vector<std::size_t> first_;  // of each recording, its first point
  std::vector<std::size_t> voice_of_;
  std::vector<std::set<std::size_t>> recordings_of_;  // of each voice
  std::vector<std::size_t> free_;
  std::size_t num_voices_ = 0;
};

}  // namespace

LinkedSpeakers link_speakers(std::span<const RecordingSpeakers> recordings, const SpeakerScoring& scoring,
                             const VoiceCalibration& calibration, const LinkOptions& options) {
  return Linker(recordings, scoring, calibration, options).run();
}

}  // namespace diar
