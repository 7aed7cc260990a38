// Words and turns in, words with speakers out.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "diar/errors.h"
#include "diar/io/transcript.h"
#include "io/transcripts/utf8.h"

namespace diar {
namespace {

// A word of no length is looked up as one of this length around its time.
constexpr double kShortestWordS = 0.02;
constexpr double kSentencePauseS = 1.5;
constexpr std::size_t kMaxSentenceWords = 80;
constexpr double kMainShare = 0.7;
constexpr std::size_t kMaxStrayWords = 3;
constexpr double kMaxStrayS = 1.0;

/// Turns ordered by start with the latest end so far, so that a look-up touches the turns near it only.
class TurnIndex {
 public:
  explicit TurnIndex(const Annotation& annotation) : turns_(annotation.turns()) {
    latest_end_s_.reserve(turns_.size());
    double latest_s = 0.0;
    for (const Turn& turn : turns_)
      latest_end_s_.push_back(latest_s = std::max(latest_s, turn.segment.end_s));
  }

  /// Who talks most in [start_s, end_s); a tie goes to `before`, else to the earlier turn. Empty: nobody
  /// does.
  std::string most_active(double start_s, double end_s, const std::string& before) const {
    std::map<std::string_view, double> seconds;
    std::string_view best;
    for (std::size_t i = first_ending_after(start_s); i < turns_.size() && turns_[i].segment.start_s < end_s;
         ++i) {
      const Segment& turn = turns_[i].segment;
      const double overlap_s = std::min(end_s, turn.end_s) - std::max(start_s, turn.start_s);
      if (overlap_s <= 0.0) continue;
      const std::string_view speaker = turns_[i].speaker;
      const double total_s = seconds[speaker] += overlap_s;
      if (best.empty() || total_s > seconds[best] || (total_s == seconds[best] && speaker == before))
        best = speaker;
    }
    return std::string(best);
  }

  /// Speaker of the turn nearest to [start_s, end_s), at most `max_gap_s` away.
  std::string nearest(double start_s, double end_s, double max_gap_s) const {
    const Turn* best = nullptr;
    double best_gap_s = max_gap_s;
    for (std::size_t i = first_ending_after(start_s - max_gap_s - kShortestWordS);
         i < turns_.size() && turns_[i].segment.start_s <= end_s + max_gap_s; ++i) {
      const Segment& turn = turns_[i].segment;
      const double gap_s = std::max({0.0, turn.start_s - end_s, start_s - turn.end_s});
      if (gap_s < best_gap_s || (best == nullptr && gap_s <= max_gap_s)) {
        best = &turns_[i];
        best_gap_s = gap_s;
      }
    }
    return best == nullptr ? std::string() : best->speaker;
  }

 private:
  // No turn before this one reaches beyond the time.
  std::size_t first_ending_after(double time_s) const {
    return static_cast<std::size_t>(std::upper_bound(latest_end_s_.begin(), latest_end_s_.end(), time_s) -
                                    latest_end_s_.begin());
  }

  const std::vector<Turn>& turns_;
  std::vector<double> latest_end_s_;
};

double length_s(const TranscriptWord& word) {
  return std::max(word.end_s - word.start_s, kShortestWordS);
}

void vote(std::vector<TranscriptWord*>& words, const TurnIndex& turns, const AssignOptions& options) {
  std::string before;
  for (TranscriptWord* word : words) {
    const double missing_s = std::max(0.0, kShortestWordS - (word->end_s - word->start_s));
    const double start_s = word->start_s - missing_s / 2;
    const double end_s = word->end_s + missing_s / 2;
    word->speaker = turns.most_active(start_s, end_s, before);
    if (word->speaker.empty()) word->speaker = turns.nearest(start_s, end_s, options.max_gap_s);
    if (!word->speaker.empty()) before = word->speaker;
  }
}

bool ends_sentence(std::string_view text) {
  // Latin, CJK, Arabic, Urdu, Devanagari, Armenian, Ethiopic; closing quotes and brackets may follow.
  static constexpr std::array<std::string_view, 13> kStops = {
      ".",      "!",      "?",      "\u2026", "\u3002", "\uFF01", "\uFF1F",
      "\uFF0E", "\u061F", "\u06D4", "\u0964", "\u0589", "\u1362"};
  static constexpr std::array<std::string_view, 10> kClosers = {
      "\"", "'", ")", "]", "\u201D", "\u2019", "\u00BB", "\u300D", "\u300F", "\uFF09"};
  const auto ends_with = [&](std::string_view part) { return text.ends_with(part); };
  for (auto closer = kClosers.begin(); closer != kClosers.end();) {
    if (ends_with(*closer)) {
      text.remove_suffix(closer->size());
      closer = kClosers.begin();
    } else {
      ++closer;
    }
  }
  return std::any_of(kStops.begin(), kStops.end(), ends_with);
}

// Short strays of one sentence [begin, end) follow its main speaker, if it has one.
void smooth_sentence(std::vector<TranscriptWord*>& words, std::size_t begin, std::size_t end) {
  std::map<std::string, double> seconds;
  double total_s = 0.0;
  for (std::size_t i = begin; i < end; ++i) {
    seconds[words[i]->speaker] += length_s(*words[i]);
    total_s += length_s(*words[i]);
  }
  const auto main = std::max_element(seconds.begin(), seconds.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (main->first.empty() || main->second < kMainShare * total_s) return;
  for (std::size_t i = begin; i < end;) {
    std::size_t run_end = i;
    double run_s = 0.0;
    while (run_end < end && words[run_end]->speaker == words[i]->speaker)
      run_s += length_s(*words[run_end++]);
    if (words[i]->speaker != main->first && run_end - i <= kMaxStrayWords && run_s <= kMaxStrayS) {
      for (std::size_t j = i; j < run_end; ++j) words[j]->speaker = main->first;
    }
    i = run_end;
  }
}

void smooth(std::vector<TranscriptWord*>& words) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    if (!last && !ends_sentence(words[i]->text) && i + 1 - begin < kMaxSentenceWords &&
        words[i + 1]->start_s - words[i]->end_s < kSentencePauseS) {
      continue;
    }
    smooth_sentence(words, begin, i + 1);
    begin = i + 1;
  }
}

std::string joined(const std::vector<TranscriptWord>& words) {
  std::string text;
  for (const TranscriptWord& word : words) {
    if (!text.empty() && word.space_before) text += ' ';
    text += word.text;
  }
  return text;
}

// One segment for each run of words by one speaker. An undivided segment keeps its own times and text.
void append_runs(const TranscriptSegment& segment, std::vector<TranscriptSegment>& out) {
  const auto& words = segment.words;
  for (std::size_t i = 0; i < words.size();) {
    std::size_t end = i;
    while (end < words.size() && words[end].speaker == words[i].speaker) ++end;
    if (i == 0 && end == words.size()) {
      out.push_back(segment);
      out.back().speaker = words[i].speaker;
      return;
    }
    TranscriptSegment part;
    part.words.assign(words.begin() + static_cast<std::ptrdiff_t>(i),
                      words.begin() + static_cast<std::ptrdiff_t>(end));
    part.start_s = words[i].start_s;
    part.end_s = words[end - 1].end_s;
    part.text = joined(part.words);
    part.speaker = words[i].speaker;
    out.push_back(std::move(part));
    i = end;
  }
}

}  // namespace

Transcript assign_speakers(const Transcript& transcript, const Annotation& turns,
                           const AssignOptions& options) {
  if (!(options.max_gap_s >= 0.0) || !std::isfinite(options.max_gap_s))
    throw InvalidArgument("the largest gap to a turn must be a number of seconds, 0 or more");
  Transcript working = transcript;
  std::vector<TranscriptWord*> words;
  std::vector<bool> whole(working.segments.size());
  for (std::size_t i = 0; i < working.segments.size(); ++i) {
    TranscriptSegment& segment = working.segments[i];
    // Without word times the whole segment votes as one word.
    whole[i] = segment.words.empty();
    if (whole[i])
      segment.words.push_back({segment.text, segment.start_s, segment.end_s, true, std::nullopt, {}});
    for (TranscriptWord& word : segment.words) words.push_back(&word);
  }
  vote(words, TurnIndex(turns), options);
  if (options.smooth) smooth(words);
  Transcript result;
  result.language = working.language;
  for (std::size_t i = 0; i < working.segments.size(); ++i) {
    append_runs(working.segments[i], result.segments);
    if (whole[i]) result.segments.back().words.clear();
  }
  return result;
}

}  // namespace diar
