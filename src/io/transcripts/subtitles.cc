// SRT and WebVTT cues in, a transcript out.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "diar/errors.h"
#include "io/transcripts/transcript_readers.h"
#include "io/transcripts/utf8.h"

namespace diar {
namespace {

std::vector<std::string_view> lines_of(std::string_view content) {
  std::vector<std::string_view> lines;
  while (!content.empty()) {
    const std::size_t end = content.find_first_of("\r\n");
    lines.push_back(content.substr(0, end));
    if (end == std::string_view::npos) break;
    content.remove_prefix(end + (content.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return lines;
}

// [HH:]MM:SS,mmm or with a full stop.
double parse_clock(std::string_view text, const std::string& where) {
  double total_s = 0.0;
  std::size_t parts = 0;
  while (true) {
    const std::size_t colon = text.find(':');
    std::string part(text.substr(0, colon));
    if (const std::size_t comma = part.find(','); comma != std::string::npos) part[comma] = '.';
    double value = 0.0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < 0.0 || ++parts > 3)
      throw InputError(where + ": '" + std::string(text) + "' is not a time like 00:01:02,345");
    total_s = total_s * 60.0 + value;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
  }
  return checked_time(total_s, where);
}

// "<v Ann>", "<i>", "<00:01.000>": marks of WebVTT. A "<" that opens none of them stays.
std::string without_tags(std::string_view text) {
  std::string result;
  const std::size_t last = text.rfind('>');
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool opens =
        text[at] == '<' && last != std::string_view::npos && at + 1 < last && text[at + 1] != ' ';
    if (opens) {
      at = text.find('>', at);
    } else {
      result += text[at];
    }
  }
  return result;
}

std::string without_entities(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kEntities = {
      {{"&lt;", "<"},
       {"&gt;", ">"},
       {"&nbsp;", "\u00A0"},
       {"&lrm;", "\u200E"},
       {"&rlm;", "\u200F"},
       {"&amp;", "&"}}};
  std::string result;
  while (!text.empty()) {
    const auto entity = std::find_if(kEntities.begin(), kEntities.end(),
                                     [&](const auto& entry) { return text.starts_with(entry.first); });
    result += entity == kEntities.end() ? text.substr(0, 1) : entity->second;
    text.remove_prefix(entity == kEntities.end() ? 1 : entity->first.size());
  }
  return result;
}

void append_line(std::string& text, std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return;
  if (!text.empty()) text += ' ';
  text += line;
}

}  // namespace

Transcript parse_subtitles(std::string_view content, const std::string& name) {
  const auto lines = lines_of(content);
  const bool vtt = lines.front().starts_with("WEBVTT");
  Transcript transcript;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t arrow = lines[i].find("-->");
    if (arrow == std::string_view::npos) continue;  // numbers, headers, NOTE and STYLE blocks
    const std::string where = name + ":" + std::to_string(i + 1);
    TranscriptSegment segment;
    segment.start_s = parse_clock(trimmed(lines[i].substr(0, arrow)), where);
    // Behind the second time WebVTT may hold settings.
    std::string_view rest = trimmed(lines[i].substr(arrow + 3));
    segment.end_s = parse_clock(rest.substr(0, rest.find_first_of(" \t")), where);
    std::string text;
    for (++i; i < lines.size() && !trimmed(lines[i]).empty(); ++i) append_line(text, lines[i]);
    text = restore_stray_bytes(hide_stray_bytes(text));
    segment.text = vtt ? without_entities(without_tags(text)) : text;
    segment.text = std::string(trimmed(segment.text));
    complete_segment(segment);
    transcript.segments.push_back(std::move(segment));
  }
  if (transcript.segments.empty() && !vtt) {
    throw InputError(
        "'" + name +
        "' is no transcript that diarize knows: JSON of whisper.cpp, openai-whisper, faster-whisper "
        "or WhisperX, SRT, or WebVTT");
  }
  return transcript;
}

}  // namespace diar
