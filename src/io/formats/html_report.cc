#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "diar/errors.h"
#include "diar/io/report.h"
#include "diar/version.h"
#include "io/formats/markup.h"
#include "io/formats/report_template.h"
#include "io/formats/report_text.h"
#include "io/formats/text.h"

namespace diar {
namespace {

using Json = nlohmann::ordered_json;

// Microseconds are finer than any frame and keep the page short.
double rounded(double time_s) {
  return std::round(time_s * 1e6) / 1e6;
}

double length_s(const Annotation& annotation, const HtmlReportOptions& options) {
  return std::max({options.duration_s, options.audio.duration_s, annotation.end_s()});
}

Json audio_of(const ReportAudio& audio) {
  Json json;
  json["kind"] = !audio.bytes.empty() ? "embed" : !audio.link.empty() ? "link" : "none";
  if (!audio.bytes.empty()) json["mime_type"] = audio.mime_type;
  if (audio.bytes.empty() && !audio.link.empty()) json["link"] = audio.link;
  if (!audio.levels.empty() && audio.level_step_s > 0.0) {
    json["level_step_s"] = audio.level_step_s;
    json["levels"] = base64({reinterpret_cast<const char*>(audio.levels.data()), audio.levels.size()});
  }
  return json;
}

// Turns as [start_s, end_s, index of the speaker]: a third of the size that objects would have.
std::string data_of(const Annotation& annotation, const HtmlReportOptions& options,
                    const std::string& title) {
  Json json;
  json["format"] = "diarize-report/1";
  json["version"] = version();
  json["title"] = title;
  json["uri"] = annotation.uri();
  json["model"] = options.model;
  json["duration_s"] = rounded(length_s(annotation, options));
  json["audio"] = audio_of(options.audio);
  json["speakers"] = annotation.speakers();
  std::map<std::string, std::size_t> index;
  for (const std::string& speaker : annotation.speakers()) index.emplace(speaker, index.size());
  Json turns = Json::array();
  for (const Turn& turn : annotation.turns()) {
    turns.push_back({rounded(turn.segment.start_s), rounded(turn.segment.end_s), index.at(turn.speaker)});
  }
  json["turns"] = std::move(turns);
  return escape_json_for_script(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void require_finite(const Annotation& annotation, const HtmlReportOptions& options) {
  bool finite = std::isfinite(options.duration_s) && std::isfinite(options.audio.duration_s);
  for (const Turn& turn : annotation.turns()) {
    finite = finite && std::isfinite(turn.segment.start_s) && std::isfinite(turn.segment.end_s);
  }
  if (!finite) throw InvalidArgument("a report needs times that are finite");
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

std::string to_html_report(const Annotation& annotation, const HtmlReportOptions& options) {
  require_finite(annotation, options);
  const std::string& title = options.title.empty() ? annotation.uri() : options.title;
  const std::string heading = escape_markup(text::printable(title.empty() ? "Recording" : title));
  const std::string data = data_of(annotation, options, title);
  const std::string audio = base64(options.audio.bytes);
  return fill(report_page(), {{"title", heading},
                              {"style", report_style()},
                              {"script", report_script()},
                              {"data", data},
                              {"audio", audio}});
}

}  // namespace diar
