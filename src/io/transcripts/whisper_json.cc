// JSON of the Whisper family in, a transcript out.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "diar/errors.h"
#include "io/transcripts/transcript_readers.h"
#include "io/transcripts/utf8.h"

namespace diar {
namespace {

using Json = nlohmann::json;

constexpr double kNoTime = std::numeric_limits<double>::quiet_NaN();

const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto place = object.find(key);
  return place == object.end() ? nullptr : &*place;
}

std::string text_of(const Json& object, const char* key) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

double seconds(const Json& object, const char* key, const std::string& name) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_number() ? checked_time(value->get<double>(), name) : kNoTime;
}

std::optional<double> probability(const Json& object) {
  for (const char* key : {"probability", "score", "p"}) {
    const Json* value = find(object, key);
    if (value != nullptr && value->is_number()) return value->get<double>();
  }
  return std::nullopt;
}

std::string clean(std::string_view text) {
  return restore_stray_bytes(trimmed(text));
}

// ---- whisper.cpp: {"transcription": [{"offsets": {"from", "to"} in ms, "text", "tokens": [...]}]} ----

double milliseconds(const Json& object, const char* key, const std::string& name) {
  const Json* offsets = find(object, "offsets");
  return offsets == nullptr ? kNoTime : seconds(*offsets, key, name) / 1000.0;
}

// "[_BEG_]", "[_TT_50]": marks of the decoder, not speech.
bool is_special(std::string_view token) {
  return token.starts_with("[_") && token.ends_with("]");
}

bool starts_word(const std::string& token, const std::vector<TranscriptWord>& words) {
  if (words.empty()) return true;
  if (ends_with_stray_byte(words.back().text)) return false;  // the rest of a character
  if (starts_with_space(token)) return true;
  const char32_t first = first_code_point(token);
  // Full-width punctuation belongs to the word before it, as a full stop does.
  const bool punctuation = (first >= 0x3000 && first <= 0x303F) || (first >= 0xFF00 && first <= 0xFF0F) ||
                           (first >= 0xFF1A && first <= 0xFF20);
  // A character cut in two: these first bytes begin U+3000 to U+9FFF.
  const unsigned char lead = stray_byte(first);
  return (is_spaceless_script(first) && !punctuation) || (lead >= 0xE3 && lead <= 0xE9);
}

std::vector<TranscriptWord> words_of_tokens(const Json& tokens, const std::string& name) {
  std::vector<TranscriptWord> words;
  std::vector<std::size_t> num_tokens;
  for (const Json& token : tokens) {
    const std::string text = text_of(token, "text");
    if (trimmed(text).empty() || is_special(text)) continue;
    const double end_s = milliseconds(token, "to", name);
    const auto p = probability(token);
    if (starts_word(text, words)) {
      words.push_back({text, milliseconds(token, "from", name), end_s, starts_with_space(text), p, {}});
      num_tokens.push_back(1);
    } else {
      TranscriptWord& word = words.back();
      word.text += text;
      // Whole again: what follows may be a word of its own.
      if (std::string whole = restore_stray_bytes(word.text); whole.find("\uFFFD") == std::string::npos)
        word.text = std::move(whole);
      if (std::isfinite(end_s)) word.end_s = end_s;
      // A word is as sure as its tokens are on average.
      const auto count = static_cast<double>(num_tokens.back()++);
      if (p && word.probability) word.probability = (*word.probability * count + *p) / (count + 1);
    }
  }
  for (TranscriptWord& word : words) word.text = clean(word.text);
  std::erase_if(words, [](const TranscriptWord& word) { return word.text.empty(); });
  return words;
}

Transcript from_whisper_cpp(const Json& json, const std::string& name) {
  Transcript transcript;
  if (const Json* result = find(json, "result")) transcript.language = text_of(*result, "language");
  for (const Json& entry : json["transcription"]) {
    TranscriptSegment segment;
    segment.start_s = milliseconds(entry, "from", name);
    segment.end_s = milliseconds(entry, "to", name);
    if (!std::isfinite(segment.start_s) || !std::isfinite(segment.end_s))
      throw InputError("'" + name + "': a segment has no offsets in milliseconds");
    segment.text = clean(text_of(entry, "text"));
    if (const Json* tokens = find(entry, "tokens"); tokens != nullptr && tokens->is_array())
      segment.words = words_of_tokens(*tokens, name);
    complete_segment(segment);
    transcript.segments.push_back(std::move(segment));
  }
  return transcript;
}

// ---- openai-whisper, faster-whisper, WhisperX: [{"start", "end", "text", "words": [{"word", ...}]}] ----

std::vector<TranscriptWord> words_of(const Json& entries, const std::string& name) {
  std::vector<TranscriptWord> words;
  for (const Json& entry : entries) {
    const std::string text = text_of(entry, "word");
    TranscriptWord word{
        clean(text), seconds(entry, "start", name), seconds(entry, "end", name), true, probability(entry),
        {}};
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  return words;
}

Transcript from_segments(const Json& segments, const std::string& name) {
  Transcript transcript;
  for (const Json& entry : segments) {
    TranscriptSegment segment;
    segment.start_s = seconds(entry, "start", name);
    segment.end_s = seconds(entry, "end", name);
    if (!std::isfinite(segment.start_s) || !std::isfinite(segment.end_s))
      throw InputError("'" + name + "': a segment has no \"start\" and \"end\" in seconds");
    segment.text = clean(text_of(entry, "text"));
    if (const Json* words = find(entry, "words"); words != nullptr && words->is_array())
      segment.words = words_of(*words, name);
    complete_segment(segment);
    transcript.segments.push_back(std::move(segment));
  }
  return transcript;
}

}  // namespace

Transcript parse_whisper_json(std::string_view content, const std::string& name) {
  const Json json = Json::parse(hide_stray_bytes(content), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw InputError("'" + name + "' begins like JSON but is not: is it complete?");
  if (const Json* entries = find(json, "transcription"); entries != nullptr && entries->is_array())
    return from_whisper_cpp(json, name);
  const Json* segments = json.is_array() ? &json : find(json, "segments");
  if (segments == nullptr || !segments->is_array()) {
    throw InputError("'" + name +
                     "' is JSON of an unknown kind: expected \"transcription\" (whisper.cpp) or \"segments\" "
                     "(openai-whisper, faster-whisper, WhisperX)");
  }
  Transcript transcript = from_segments(*segments, name);
  transcript.language = clean(text_of(json, "language"));
  return transcript;
}

}  // namespace diar
