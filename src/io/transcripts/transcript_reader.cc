#include <algorithm>
#include <cmath>

#include "core/text_file.h"
#include "diar/errors.h"
#include "io/transcripts/transcript_readers.h"
#include "io/transcripts/utf8.h"

namespace diar {
namespace {

constexpr double kMaxTimeS = 1e7;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view content) {
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  return content;
}

bool looks_like_json(std::string_view content) {
  const std::string_view text = trimmed(content.substr(0, 4096));
  return text.starts_with('{') || text.starts_with('[');
}

bool has_times(const TranscriptWord& word) {
  return std::isfinite(word.start_s) && std::isfinite(word.end_s);
}

// The words [begin, end) have no times: they share [from_s, to_s) by their length.
void spread(std::vector<TranscriptWord>& words, std::size_t begin, std::size_t end, double from_s,
            double to_s) {
  std::size_t total = 0;
  for (std::size_t i = begin; i < end; ++i) total += words[i].text.size();
  double at_s = from_s;
  for (std::size_t i = begin; i < end; ++i) {
    words[i].start_s = at_s;
    at_s +=
        std::max(0.0, to_s - from_s) * static_cast<double>(words[i].text.size()) / static_cast<double>(total);
    words[i].end_s = at_s;
  }
}

void fill_times(TranscriptSegment& segment) {
  auto& words = segment.words;
  for (std::size_t i = 0; i < words.size();) {
    if (has_times(words[i])) {
      words[i].end_s = std::max(words[i].end_s, words[i].start_s);
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < words.size() && !has_times(words[end])) ++end;
    const double from_s = i == 0 ? segment.start_s : words[i - 1].end_s;
    spread(words, i, end, from_s, end == words.size() ? segment.end_s : words[end].start_s);
    i = end;
  }
}

void find_spaces(TranscriptSegment& segment) {
  // The next word is near; a text of another kind must not be searched to its end for each word.
  constexpr std::size_t kReach = 64;
  std::size_t at = 0;
  for (TranscriptWord& word : segment.words) {
    const std::string_view near = std::string_view(segment.text).substr(0, at + word.text.size() + kReach);
    const std::size_t found = near.find(word.text, at);
    if (found == std::string::npos) continue;  // the reader's guess stays
    word.space_before = found == at ? at == 0 : starts_with_space(std::string_view(segment.text).substr(at));
    at = found + word.text.size();
  }
}

}  // namespace

double checked_time(double time_s, const std::string& name) {
  if (!std::isfinite(time_s) || time_s > kMaxTimeS)
    throw InputError(name + ": a time is not a number of seconds below 10,000,000");
  return std::max(time_s, 0.0);
}

void complete_segment(TranscriptSegment& segment) {
  segment.end_s = std::max(segment.end_s, segment.start_s);
  fill_times(segment);
  find_spaces(segment);
}

Transcript parse_transcript(std::string_view content, const std::string& name) {
  content = without_mark(content);
  if (trimmed(content).empty()) throw InputError("'" + name + "' is empty");
  Transcript transcript =
      looks_like_json(content) ? parse_whisper_json(content, name) : parse_subtitles(content, name);
  std::erase_if(transcript.segments, [](const auto& segment) { return segment.text.empty(); });
  std::stable_sort(transcript.segments.begin(), transcript.segments.end(),
                   [](const auto& a, const auto& b) { return a.start_s < b.start_s; });
  return transcript;
}

Transcript read_transcript_file(const std::string& path) {
  return parse_transcript(read_text_file(path), path);
}

}  // namespace diar
