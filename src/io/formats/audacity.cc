// Audacity's label track: `start TAB end TAB label`, seconds.
#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/text.h"

namespace diar {
namespace {

std::string write_audacity(std::span<const ResultDocument> documents, const FormatOptions&) {
  std::string text;
  require_distinct(documents[0].diarization, text::label);
  for (const Turn& turn : documents[0].diarization.turns()) {
    text += text::fixed(turn.segment.start_s, 6) + '\t' + text::fixed(turn.segment.end_s, 6) + '\t' +
            text::label(turn.speaker) + '\n';
  }
  return text;
}

Documents read_audacity(std::string_view text, const std::string& name) {
  std::vector<Turn> turns;
  text::Lines lines(text);
  while (const auto line = lines.next()) {
    // A line that starts with a backslash holds the frequencies of the label before it.
    if (text::trimmed(*line).empty() || line->starts_with('\\')) continue;
    const std::string where = text::place(name, lines.number());
    const std::size_t first = line->find('\t');
    const std::size_t second = first == std::string_view::npos ? first : line->find('\t', first + 1);
    if (second == std::string_view::npos) {
      throw InputError(where + ": a label line is start, end and label with tabs between");
    }
    const double start_s = text::parse_seconds(text::trimmed(line->substr(0, first)), where);
    const double end_s =
        text::parse_seconds(text::trimmed(line->substr(first + 1, second - first - 1)), where);
    if (end_s < start_s) throw InputError(where + ": the label ends before it starts");
    turns.push_back({{start_s, end_s}, std::string(line->substr(second + 1))});
  }
  Documents documents;
  documents.emplace_back(Annotation(uri_from_name(name), std::move(turns)));
  return documents;
}

}  // namespace

const FormatFunctions kAudacityFormat = {write_audacity, read_audacity};

}  // namespace diar
