// CTM-like speaker activity: `recording channel start duration speaker`, one line for each turn.
#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/text.h"

namespace diar {
namespace {

constexpr std::string_view kComment = ";;";

// What would be read as a comment or a byte order mark begins with '_' instead.
std::string recording_field(std::string_view uri) {
  std::string field = text::one_field(uri);
  const std::string_view mark = field.starts_with(kComment) ? kComment : text::byte_order_mark(field);
  if (!mark.empty()) field.replace(0, mark.size(), "_");
  return field;
}

std::string write_ctm(std::span<const ResultDocument> documents, const FormatOptions&) {
  std::string text;
  for (const ResultDocument& document : documents) {
    const Annotation& annotation = document.diarization;
    require_distinct(annotation, text::one_field);
    const std::string uri = recording_field(annotation.uri());
    for (const Turn& turn : annotation.turns()) {
      text += uri + " 1 " + text::fixed(turn.segment.start_s, 3) + ' ' +
              text::fixed(turn.segment.duration_s(), 3) + ' ' + text::one_field(turn.speaker) + '\n';
    }
  }
  return text;
}

Documents read_ctm(std::string_view text, const std::string& name) {
  RecordingCollector recordings;
  text::Lines lines(text);
  while (const auto line = lines.next()) {
    const auto fields = text::fields_of(*line);
    if (fields.empty() || fields[0].starts_with(kComment)) continue;
    const std::string where = text::place(name, lines.number());
    // A sixth field is a confidence.
    if (fields.size() < 5 || fields.size() > 6) {
      throw InputError(where + ": a CTM line has 5 or 6 fields, not " + std::to_string(fields.size()));
    }
    const double start_s = text::parse_seconds(fields[2], where);
    const double end_s = start_s + text::parse_seconds(fields[3], where);
    recordings.add(fields[0], {{start_s, end_s}, std::string(fields[4])});
  }
  return std::move(recordings).finish();
}

}  // namespace

const FormatFunctions kCtmFormat = {write_ctm, read_ctm};

}  // namespace diar
