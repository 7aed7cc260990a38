// WebVTT: a cue for each turn, the speaker as its voice tag (W3C WebVTT, 4.2.2: `<v Ann>`).
#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/markup.h"
#include "io/formats/subtitles.h"

namespace diar {
namespace {

std::string write_vtt(std::span<const ResultDocument> documents, const FormatOptions&) {
  std::string text = "WEBVTT\n";
  require_distinct(documents[0].diarization, text::label);
  for (const Turn& turn : documents[0].diarization.turns()) {
    const std::int64_t start = text::ticks(turn.segment.start_s, 1000.0);
    const std::int64_t end = text::ticks(turn.segment.end_s, 1000.0);
    if (end <= start) continue;
    const std::string speaker = escape_markup(text::label(turn.speaker));
    text.append("\n").append(time_line(start, end, '.')).append("\n");
    text.append(text::voice_tag(speaker)).append(speaker).append("</v>\n");
  }
  return text;
}

// Adds every voice of a line of a cue; a class may follow the v: <v.loud Ann>.
void add_voices(std::string_view line, std::vector<std::string>& voices) {
  for (std::size_t at = 0; (at = line.find("<v", at)) != std::string_view::npos;) {
    const std::size_t close = line.find('>', at);
    if (close == std::string_view::npos) return;
    const std::string_view tag = line.substr(at + 2, close - at - 2);
    at = close;
    const std::size_t space = tag.find_first_of(" \t");
    if (space == std::string_view::npos || (space > 0 && tag[0] != '.')) continue;
    std::string voice = unescape_markup(text::trimmed(tag.substr(space)));
    if (!voice.empty()) voices.push_back(std::move(voice));
  }
}

Documents read_vtt(std::string_view text, const std::string& name) {
  if (!text.starts_with("WEBVTT")) throw InputError(name + ":1: a WebVTT file starts with WEBVTT");
  std::vector<Turn> turns;
  for (const Cue& cue : read_cues(text, name)) {
    std::vector<std::string> voices;
    for (const std::string_view line : cue.text) add_voices(line, voices);
    if (voices.empty() && !cue.text.empty()) {
      const std::string_view prefix = speaker_prefix(cue.text[0]);
      if (!prefix.empty()) voices.push_back(unescape_markup(prefix));
    }
    if (voices.empty()) {
      throw InputError(text::place(name, cue.line) + ": the cue names no speaker, as in '<v Ann>words'");
    }
    for (std::string& voice : voices) turns.push_back({cue.segment, std::move(voice)});
  }
  Documents documents;
  documents.emplace_back(Annotation(uri_from_name(name), std::move(turns)));
  return documents;
}

}  // namespace

const FormatFunctions kVttFormat = {write_vtt, read_vtt};

}  // namespace diar
