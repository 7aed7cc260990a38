// SubRip: a numbered cue for each turn whose text is the speaker in brackets.
#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/subtitles.h"

namespace diar {
namespace {

std::string cue_label(std::string_view name) {
  return text::without_arrows(text::label(name));
}

std::string write_srt(std::span<const ResultDocument> documents, const FormatOptions&) {
  std::string text;
  std::size_t number = 0;
  require_distinct(documents[0].diarization, cue_label);
  for (const Turn& turn : documents[0].diarization.turns()) {
    const std::int64_t start = text::ticks(turn.segment.start_s, 1000.0);
    const std::int64_t end = text::ticks(turn.segment.end_s, 1000.0);
    if (end <= start) continue;
    text += std::to_string(++number) + '\n' + time_line(start, end, ',') + "\n[" + cue_label(turn.speaker) +
            "]\n\n";
  }
  return text;
}

Documents read_srt(std::string_view text, const std::string& name) {
  std::vector<Turn> turns;
  for (const Cue& cue : read_cues(text, name)) {
    const std::string_view speaker = cue.text.empty() ? std::string_view() : speaker_prefix(cue.text[0]);
    if (speaker.empty()) {
      throw InputError(text::place(name, cue.line) +
                       ": the cue names no speaker, as in '[Ann] words' or 'Ann: words'");
    }
    turns.push_back({cue.segment, std::string(speaker)});
  }
  Documents documents;
  documents.emplace_back(Annotation(uri_from_name(name), std::move(turns)));
  return documents;
}

}  // namespace

const FormatFunctions kSrtFormat = {write_srt, read_srt};

}  // namespace diar
