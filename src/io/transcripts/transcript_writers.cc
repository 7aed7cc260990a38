// A transcript with speakers in; JSON, SRT, WebVTT or plain text out.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "diar/io/transcript.h"
#include "io/formats/text.h"
#include "io/transcripts/utf8.h"

namespace diar {
namespace {

using Json = nlohmann::ordered_json;

// Milliseconds, as every subtitle has them.
double rounded(double time_s) {
  return std::round(time_s * 1e3) / 1e3;
}

std::string clock(double time_s, char separator) {
  const auto total_ms = static_cast<long long>(std::llround(time_s * 1e3));
  char text[48];
  std::snprintf(text, sizeof(text), "%02lld:%02lld:%02lld%c%03lld", total_ms / 3600000, total_ms / 60000 % 60,
                total_ms / 1000 % 60, separator, total_ms % 1000);
  return text;
}

std::string cue_times(const TranscriptSegment& segment, char separator) {
  return clock(segment.start_s, separator) + " --> " + clock(segment.end_s, separator);
}

std::string named(const TranscriptSegment& segment) {
  return segment.speaker.empty() ? segment.text : segment.speaker + ": " + segment.text;
}

std::string escaped_for_vtt(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return result;
}

// A blank line or an arrow would end or break a cue; a text has neither but a name may be anything.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text::without_arrows(text);
}

Json json_of(const TranscriptWord& word) {
  Json json = {{"word", word.text}, {"start", rounded(word.start_s)}, {"end", rounded(word.end_s)}};
  if (word.probability) json["score"] = std::round(*word.probability * 1e4) / 1e4;
  json["speaker"] = word.speaker.empty() ? Json() : Json(word.speaker);
  return json;
}

}  // namespace

std::string to_json(const Transcript& transcript) {
  Json json;
  json["language"] = transcript.language;
  std::set<std::string> speakers;
  Json segments = Json::array();
  for (const TranscriptSegment& segment : transcript.segments) {
    if (!segment.speaker.empty()) speakers.insert(segment.speaker);
    Json entry = {{"start", rounded(segment.start_s)},
                  {"end", rounded(segment.end_s)},
                  {"speaker", segment.speaker.empty() ? Json() : Json(segment.speaker)},
                  {"text", segment.text}};
    if (!segment.words.empty()) {
      entry["words"] = Json::array();
      for (const TranscriptWord& word : segment.words) entry["words"].push_back(json_of(word));
    }
    segments.push_back(std::move(entry));
  }
  json["speakers"] = speakers;
  json["segments"] = std::move(segments);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string to_srt(const Transcript& transcript) {
  std::string text;
  std::size_t number = 0;
  for (const TranscriptSegment& segment : transcript.segments) {
    if (number > 0) text += '\n';
    text +=
        std::to_string(++number) + '\n' + cue_times(segment, ',') + '\n' + one_line(named(segment)) + '\n';
  }
  return text;
}

std::string to_vtt(const Transcript& transcript) {
  std::string text = "WEBVTT\n";
  for (const TranscriptSegment& segment : transcript.segments) {
    const std::string voice =
        segment.speaker.empty() ? "" : text::voice_tag(escaped_for_vtt(one_line(segment.speaker)));
    text += '\n' + cue_times(segment, '.') + '\n' + voice + escaped_for_vtt(one_line(segment.text)) + '\n';
  }
  return text;
}

std::string to_text(const Transcript& transcript) {
  std::string text;
  const TranscriptSegment* before = nullptr;
  for (const TranscriptSegment& segment : transcript.segments) {
    if (before != nullptr && before->speaker == segment.speaker) {
      const bool spaceless = is_spaceless_script(last_code_point(before->text)) &&
                             is_spaceless_script(first_code_point(segment.text));
      text += (spaceless ? "" : " ") + segment.text;
    } else {
      if (before != nullptr) text += "\n\n";
      text += named(segment);
    }
    before = &segment;
  }
  return text.empty() ? text : text + '\n';
}

}  // namespace diar
