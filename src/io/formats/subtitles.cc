#include "io/formats/subtitles.h"

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::string_view kArrow = "-->";

// WebVTT puts settings and SubRip coordinates after the second time.
Segment parse_time_line(std::string_view line, const std::string& where) {
  const std::size_t arrow = line.find(kArrow);
  const auto after = text::fields_of(line.substr(arrow + kArrow.size()));
  const double start_s = text::parse_clock(text::trimmed(line.substr(0, arrow)), where);
  const double end_s = text::parse_clock(after.empty() ? std::string_view() : after[0], where);
  if (end_s < start_s) throw InputError(where + ": the cue ends before it starts");
  return {start_s, end_s};
}

}  // namespace

std::string time_line(std::int64_t start, std::int64_t end, char point) {
  return text::clock(start, point) + " --> " + text::clock(end, point);
}

std::vector<Cue> read_cues(std::string_view text, const std::string& name) {
  std::vector<Cue> cues;
  bool inside = false;
  text::Lines lines(text);
  while (const auto line = lines.next()) {
    if (text::trimmed(*line).empty()) {
      inside = false;
    } else if (line->find(kArrow) != std::string_view::npos) {
      // Some writers leave out the empty line; a number before the times is then the last line of text.
      if (inside && !cues.back().text.empty() &&
          cues.back().text.back().find_first_not_of("0123456789") == std::string_view::npos) {
        cues.back().text.pop_back();
      }
      cues.push_back({parse_time_line(*line, text::place(name, lines.number())), lines.number(), {}});
      inside = true;
    } else if (inside) {
      cues.back().text.push_back(*line);
    }
  }
  return cues;
}

std::string_view speaker_prefix(std::string_view line) {
  line = text::trimmed(line);
  if (line.starts_with('[')) {
    // The label alone may hold brackets itself.
    const std::size_t close = line.ends_with(']') ? line.size() - 1 : line.find(']');
    return close == std::string_view::npos ? std::string_view() : text::trimmed(line.substr(1, close - 1));
  }
  // "12:30" is no speaker.
  std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos && line.ends_with(':')) colon = line.size() - 1;
  return colon == std::string_view::npos ? std::string_view() : text::trimmed(line.substr(0, colon));
}

}  // namespace diar
