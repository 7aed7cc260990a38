#include <cmath>
#include <map>
#include <string_view>

#include "diar/errors.h"
#include "diar/io/report.h"
#include "io/formats/markup.h"
#include "io/formats/report_data.h"
#include "io/formats/report_template.h"
#include "io/formats/report_text.h"
#include "io/formats/text.h"

namespace diar {
namespace {

bool is_finite(const Annotation& annotation) {
  for (const Turn& turn : annotation.turns()) {
    if (!std::isfinite(turn.segment.start_s) || !std::isfinite(turn.segment.end_s)) return false;
  }
  return true;
}

bool is_finite(const Transcript& transcript) {
  for (const TranscriptSegment& segment : transcript.segments) {
    if (!std::isfinite(segment.start_s) || !std::isfinite(segment.end_s)) return false;
    for (const TranscriptWord& word : segment.words) {
      if (!std::isfinite(word.start_s) || !std::isfinite(word.end_s)) return false;
    }
  }
  return true;
}

void require_finite(const ResultDocument& document, const HtmlReportOptions& options) {
  if (!std::isfinite(options.duration_s) || !std::isfinite(options.audio.duration_s) ||
      !std::isfinite(document.duration_s) || !is_finite(document.diarization) ||
      (document.exclusive && !is_finite(*document.exclusive)) ||
      (options.reference && !is_finite(*options.reference)) ||
      (options.transcript && !is_finite(*options.transcript))) {
    throw InvalidArgument("a report needs times that are finite");
  }
  if (!(options.assign.max_gap_s >= 0.0 && std::isfinite(options.assign.max_gap_s)))
    throw InvalidArgument("the largest gap between a word and a turn must be at least 0");
}

// Fills `{{name}}` marks in one pass, so that a value that looks like a mark stays as it is.
std::string fill(std::string_view page, const std::map<std::string_view, std::string_view>& values) {
  std::string text;
  while (!page.empty()) {
    const std::size_t mark = page.find("{{");
    const std::size_t end = mark == std::string_view::npos ? mark : page.find("}}", mark);
    if (end == std::string_view::npos) break;
    const auto value = values.find(page.substr(mark + 2, end - mark - 2));
    if (value == values.end()) throw Error(ErrorCode::kInternal, "the report's page has an unknown mark");
    text.append(page.substr(0, mark)).append(value->second);
    page.remove_prefix(end + 2);
  }
  return text.append(page);
}

}  // namespace

std::string to_html_report(const ResultDocument& document, const HtmlReportOptions& options) {
  require_finite(document, options);
  const std::string& title = options.title.empty() ? document.diarization.uri() : options.title;
  const std::string heading = escape_markup(text::printable(title.empty() ? "Recording" : title));
  const std::string data = report_data(document, options, title);
  const std::string audio = base64(options.audio.bytes);
  return fill(report_page(), {{"title", heading},
                              {"style", report_style()},
                              {"script", report_script()},
                              {"data", data},
                              {"audio", audio}});
}

std::string to_html_report(const Annotation& annotation, const HtmlReportOptions& options) {
  return to_html_report(ResultDocument(annotation), options);
}

}  // namespace diar
