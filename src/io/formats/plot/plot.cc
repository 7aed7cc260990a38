#include "diar/io/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <vector>

#include "diar/errors.h"
#include "diar/output_file.h"
#include "io/formats/plot/canvas.h"
#include "io/formats/text.h"

namespace diar {
namespace {

constexpr Colour kWhite = {255, 255, 255};
constexpr Colour kInk = {27, 28, 31};
constexpr Colour kMuted = {93, 97, 103};
constexpr Colour kLane = {244, 244, 241};
constexpr Colour kGrid = {222, 222, 217};
constexpr Colour kReference = {138, 143, 150};
// The report's palette for speakers: distinct also for people who lack any one of the three cone types.
constexpr std::array<Colour, 8> kSpeakers = {{{51, 80, 168},
                                              {212, 118, 15},
                                              {42, 122, 104},
                                              {180, 99, 168},
                                              {134, 98, 10},
                                              {128, 121, 224},
                                              {74, 85, 96},
                                              {152, 40, 31}}};
// Unlike any of the first seven speakers.
constexpr Colour kMissed = kInk;
constexpr Colour kFalseAlarm = kMuted;
constexpr Colour kConfusion = {152, 40, 31};

// With this many lines, and none, eight colours tell 32 speakers apart.
constexpr std::size_t kMaxLines = 4;

constexpr double kMargin = 16.0;
constexpr double kRowHeight = 26.0;
constexpr double kErrorRowHeight = 20.0;
constexpr double kRowGap = 4.0;
constexpr double kAxisHeight = 28.0;
constexpr double kFontSize = 12.0;
constexpr std::size_t kLongestLabel = 28;
// Mean advance of a character of a sans serif font, with some margin.
constexpr double kCharacterWidth = 0.6 * kFontSize;
constexpr double kTitleSize = 15.0;
constexpr double kTitleCharacterWidth = 0.7 * kTitleSize;

struct Row {
  std::string label;
  std::vector<Segment> reference;
  std::vector<Segment> turns;
  Colour colour;
  std::size_t num_lines = 0;  ///< drawn through the bars of those whose colour an earlier speaker has
};

struct ErrorRow {
  std::string label;
  Colour colour;
  std::vector<Segment> segments;
};

struct Picture {
  std::string title;
  std::string subtitle;
  std::vector<Row> rows;
  std::vector<ErrorRow> errors;
  bool has_reference = false;
  Segment range;
};

std::size_t num_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Valid, printable and no longer than `longest` characters.
std::string label_of(const std::string& name, std::size_t longest = kLongestLabel) {
  const std::string label = text::printable(name);
  if (num_characters(label) <= longest) return label;
  std::size_t end = 0;
  for (std::size_t count = 0; end < label.size(); ++end) {
    if ((static_cast<unsigned char>(label[end]) & 0xC0) != 0x80 && ++count == longest) break;
  }
  return label.substr(0, end) + "\xE2\x80\xA6";
}

// "reference = hypothesis"; where that is too long, both keep their beginnings.
std::string pair_label(const std::string& reference, const std::string& hypothesis) {
  constexpr std::size_t kHalf = (kLongestLabel - 3) / 2;
  if (num_characters(reference) + num_characters(hypothesis) + 3 <= kLongestLabel)
    return label_of(reference + " = " + hypothesis);
  const std::size_t spare = kHalf - std::min(kHalf, num_characters(hypothesis));
  const std::string first = label_of(reference, kHalf + spare);
  return first + " = " + label_of(hypothesis, 2 * kHalf - std::min(2 * kHalf, num_characters(first)));
}

std::vector<Segment> turns_of(const Annotation& annotation, const std::string& speaker) {
  std::vector<Segment> segments;
  for (const Turn& turn : annotation.turns()) {
    if (turn.speaker == speaker) segments.push_back(turn.segment);
  }
  return segments;
}

// One row for each speaker of the hypothesis, or with a reference for each of its speakers and whoever of the
// hypothesis has no partner there.
std::vector<Row> rows_of(const Annotation& annotation, const PlotOptions& options) {
  std::vector<Row> rows;
  // The colour belongs to the speaker of the hypothesis, as on the report's page, with or without a
  // reference.
  const std::vector<std::string> speakers = annotation.speakers();
  const auto add = [&](const std::string& label, const std::string& speaker, std::vector<Segment> reference) {
    const auto place =
        static_cast<std::size_t>(std::find(speakers.begin(), speakers.end(), speaker) - speakers.begin());
    rows.push_back({label, std::move(reference), turns_of(annotation, speaker),
                    kSpeakers[place % kSpeakers.size()], place / kSpeakers.size() % kMaxLines});
  };
  std::map<std::string, std::string> partner;  // of a reference speaker
  std::set<std::string> matched;
  if (options.reference) {
    for (const auto& [ours, theirs] : optimal_mapping(*options.reference, annotation, options.scoring)) {
      partner[theirs] = ours;
      matched.insert(ours);
    }
    for (const std::string& speaker : options.reference->speakers()) {
      const auto found = partner.find(speaker);
      const bool has_partner = found != partner.end();
      const bool renamed = has_partner && found->second != speaker;
      add(renamed ? pair_label(speaker, found->second) : label_of(speaker),
          has_partner ? found->second : std::string(), turns_of(*options.reference, speaker));
    }
  }
  for (const std::string& speaker : speakers) {
    if (!matched.contains(speaker)) add(label_of(speaker), speaker, {});
  }
  return rows;
}

std::vector<ErrorRow> errors_of(const Annotation& annotation, const PlotOptions& options) {
  std::vector<ErrorRow> rows = {
      {"Missed", kMissed, {}}, {"False alarm", kFalseAlarm, {}}, {"Confusion", kConfusion, {}}};
  for (const ErrorRegion& region : error_regions(*options.reference, annotation, options.scoring)) {
    if (region.missed_detection > 0) rows[0].segments.push_back(region.segment);
    if (region.false_alarm > 0) rows[1].segments.push_back(region.segment);
    if (region.confusion > 0) rows[2].segments.push_back(region.segment);
  }
  return rows;
}

std::string score_text(const Annotation& annotation, const PlotOptions& options) {
  const auto score = diarization_error_rate(*options.reference, annotation, options.scoring);
  const double total_s = score.total_s > 0.0 ? score.total_s : 1.0;
  char text[160];
  std::snprintf(text, sizeof(text), "DER %.1f %%: missed %.1f %%, false alarm %.1f %%, confusion %.1f %%",
                100.0 * score.rate(), 100.0 * score.missed_detection_s / total_s,
                100.0 * score.false_alarm_s / total_s, 100.0 * score.confusion_s / total_s);
  return text;
}

void require_finite(const Annotation& annotation) {
  for (const Turn& turn : annotation.turns()) {
    if (!std::isfinite(turn.segment.start_s) || !std::isfinite(turn.segment.end_s)) {
      throw InvalidArgument("a plot needs times that are finite");
    }
  }
}

Picture arrange(const Annotation& annotation, const PlotOptions& options) {
  require_finite(annotation);
  if (options.reference) require_finite(*options.reference);
  if (!(options.width_px >= 200.0 && options.width_px <= 20000.0)) {
    throw InvalidArgument("a plot can be 200 to 20000 pixels wide");
  }
  Picture picture;
  picture.range =
      options.range.value_or(Segment{0.0, std::max({options.duration_s, annotation.end_s(),
                                                    options.reference ? options.reference->end_s() : 0.0})});
  if (!options.range && picture.range.end_s == 0.0) picture.range.end_s = 1.0;
  if (!std::isfinite(picture.range.start_s) || !std::isfinite(picture.range.end_s) ||
      picture.range.duration_s() <= 0.0) {
    throw InvalidArgument("a plot's range must end after it starts");
  }
  picture.title = label_of(options.title, static_cast<std::size_t>(options.width_px / kTitleCharacterWidth));
  picture.rows = rows_of(annotation, options);
  if (options.reference) {
    picture.has_reference = true;
    picture.errors = errors_of(annotation, options);
    picture.subtitle = score_text(annotation, options);
  }
  return picture;
}

std::string tick_text(double time_s, double step_s) {
  const auto tenths = static_cast<long long>(std::llround(time_s * 10.0));
  const long long hours = tenths / 36000;
  const long long minutes = tenths / 600 % 60;
  const long long seconds = tenths / 10 % 60;
  char text[48];
  if (hours > 0) {
    std::snprintf(text, sizeof(text), "%lld:%02lld:%02lld", hours, minutes, seconds);
  } else {
    std::snprintf(text, sizeof(text), "%lld:%02lld", minutes, seconds);
  }
  return step_s < 1.0 ? std::string(text) + "." + std::to_string(tenths % 10) : text;
}

// At least 80 pixels between two labels.
double tick_step_s(double span_s, double width) {
  constexpr std::array<double, 18> kSteps = {0.1, 0.2, 0.5, 1,   2,   5,    10,   15,   30,
                                             60,  120, 300, 600, 900, 1800, 3600, 7200, 21600};
  const double least_s = span_s * 80.0 / width;
  const auto step = std::find_if(kSteps.begin(), kSteps.end(), [&](double one) { return one >= least_s; });
  return step != kSteps.end() ? *step : std::ceil(least_s / 86400.0) * 86400.0;
}

/// Where things are.
struct Layout {
  double width = 0.0;
  double height = 0.0;
  double left = 0.0;  // of the lanes
  double right = 0.0;
  double top = 0.0;
  double bottom = 0.0;  // of the last lane
  Segment range;

  double x(double time_s) const {
    return left + (right - left) * (time_s - range.start_s) / range.duration_s();
  }

  std::vector<Rectangle> boxes(const std::vector<Segment>& segments, double y, double box_height) const {
    // Thinner bars would vanish on paper.
    constexpr double kThinnest = 0.6;
    std::vector<Rectangle> boxes;
    for (const Segment& segment : segments) {
      const double from = std::max(segment.start_s, range.start_s);
      const double to = std::min(segment.end_s, range.end_s);
      if (to <= from) continue;
      boxes.push_back({x(from), y, std::max(kThinnest, x(to) - x(from)), box_height});
    }
    return boxes;
  }
};

Layout lay_out(const Picture& picture, double width) {
  std::size_t longest = 4;
  for (const Row& row : picture.rows) longest = std::max(longest, num_characters(row.label));
  for (const ErrorRow& row : picture.errors) longest = std::max(longest, num_characters(row.label));
  Layout layout;
  layout.width = width;
  layout.range = picture.range;
  // A narrow picture keeps most of its width for the lanes.
  layout.left = kMargin + std::min(static_cast<double>(longest) * kCharacterWidth + 10.0, 0.4 * width);
  layout.right = width - kMargin;
  layout.top = kMargin + (picture.title.empty() ? 0.0 : 24.0) + (picture.subtitle.empty() ? 0.0 : 20.0);
  layout.bottom =
      layout.top + static_cast<double>(std::max<std::size_t>(1, picture.rows.size())) * kRowHeight;
  if (!picture.errors.empty())
    layout.bottom += 10.0 + static_cast<double>(picture.errors.size()) * kErrorRowHeight;
  layout.height = layout.bottom + kAxisHeight + (picture.has_reference ? 22.0 : 0.0) + kMargin / 2;
  return layout;
}

void draw_axis(Canvas& canvas, const Layout& layout) {
  const double step_s = tick_step_s(layout.range.duration_s(), layout.right - layout.left);
  const auto first = static_cast<long long>(std::ceil(layout.range.start_s / step_s - 1e-9));
  std::vector<Rectangle> marks;
  for (long long tick = first; static_cast<double>(tick) * step_s <= layout.range.end_s + 1e-9; ++tick) {
    const double time_s = static_cast<double>(tick) * step_s;
    const double x = layout.x(time_s);
    marks.push_back({x - 0.4, layout.top, 0.8, layout.bottom - layout.top + 5.0});
    canvas.write(
        x, layout.bottom + 19.0, tick_text(time_s, step_s),
        {kFontSize, kMuted, x > layout.right - 12.0 ? TextAnchor::kEnd : TextAnchor::kMiddle, false});
  }
  canvas.fill(marks, kGrid);
}

void draw_label(Canvas& canvas, const Layout& layout, const std::string& label, double middle) {
  canvas.write(layout.left - 10.0, middle + 0.35 * kFontSize, label,
               {kFontSize, kInk, TextAnchor::kEnd, false});
}

// Bars of one row; its lines have the lane's colour, so that they cut the bars and nothing else.
void draw_turns(Canvas& canvas, const Layout& layout, const Row& row, double top, double height) {
  const std::vector<Rectangle> bars = layout.boxes(row.turns, top, height);
  canvas.fill(bars, row.colour);
  std::vector<Rectangle> lines;
  for (std::size_t line = 1; line <= row.num_lines; ++line) {
    const double y = top + height * static_cast<double>(line) / static_cast<double>(row.num_lines + 1);
    for (const Rectangle& bar : bars) lines.push_back({bar.x, y - 0.8, bar.width, 1.6});
  }
  if (!lines.empty()) canvas.fill(lines, kLane);
}

void draw_rows(Canvas& canvas, const Picture& picture, const Layout& layout) {
  double y = layout.top;
  for (const Row& row : picture.rows) {
    const double bar_top = y + kRowGap / 2 + 1.0;
    const double bar_height = kRowHeight - kRowGap - 2.0;
    draw_label(canvas, layout, row.label, y + kRowHeight / 2);
    if (picture.has_reference) {
      // The reference is the thin bar above, the hypothesis the rest.
      canvas.fill(layout.boxes(row.reference, bar_top, 0.3 * bar_height), kReference);
      draw_turns(canvas, layout, row, bar_top + 0.36 * bar_height, 0.64 * bar_height);
    } else {
      draw_turns(canvas, layout, row, bar_top, bar_height);
    }
    y += kRowHeight;
  }
  y += 10.0;
  for (const ErrorRow& row : picture.errors) {
    draw_label(canvas, layout, row.label, y + kErrorRowHeight / 2);
    canvas.fill(layout.boxes(row.segments, y + 4.0, kErrorRowHeight - 8.0), row.colour);
    y += kErrorRowHeight;
  }
}

std::string draw(const Picture& picture, const Layout& layout, Canvas& canvas) {
  const std::array<Rectangle, 1> page = {{{0.0, 0.0, layout.width, layout.height}}};
  canvas.fill(page, kWhite);
  double y = kMargin + 12.0;
  if (!picture.title.empty()) {
    canvas.write(kMargin, y, picture.title, {kTitleSize, kInk, TextAnchor::kStart, true});
    y += 22.0;
  }
  if (!picture.subtitle.empty()) {
    canvas.write(kMargin, y, picture.subtitle, {kFontSize, kMuted, TextAnchor::kStart, false});
  }
  std::vector<Rectangle> lanes;
  for (std::size_t row = 0; row < picture.rows.size(); ++row) {
    lanes.push_back({layout.left, layout.top + static_cast<double>(row) * kRowHeight + kRowGap / 2,
                     layout.right - layout.left, kRowHeight - kRowGap});
  }
  canvas.fill(lanes, kLane);
  draw_axis(canvas, layout);
  draw_rows(canvas, picture, layout);
  if (picture.has_reference) {
    canvas.write(layout.left, layout.bottom + kAxisHeight + 13.0,
                 "Thin grey bar: reference. Coloured bar: hypothesis.",
                 {kFontSize - 1.0, kMuted, TextAnchor::kStart, false});
  }
  return canvas.finish();
}

}  // namespace

std::string to_svg_plot(const Annotation& annotation, const PlotOptions& options) {
  const Picture picture = arrange(annotation, options);
  const Layout layout = lay_out(picture, options.width_px);
  return draw(picture, layout, *make_svg_canvas(layout.width, layout.height));
}

std::string to_png_plot(const Annotation& annotation, const PlotOptions& options, double scale) {
  if (!(scale >= 1.0 && scale <= 8.0)) throw InvalidArgument("a plot's scale must lie between 1 and 8");
  const Picture picture = arrange(annotation, options);
  const Layout layout = lay_out(picture, options.width_px);
  return draw(picture, layout, *make_png_canvas(layout.width, layout.height, scale));
}

bool is_plot_path(const std::filesystem::path& path) {
  const std::string extension = text::lower(path.extension().string());
  return extension == ".svg" || extension == ".png";
}

void write_plot(const std::filesystem::path& path, const Annotation& annotation, const PlotOptions& options,
                Existing existing) {
  if (!is_plot_path(path)) {
    throw InvalidArgument("a plot is named .svg or .png, unlike '" + path.string() + "'");
  }
  const bool svg = text::lower(path.extension().string()) == ".svg";
  write_file_atomically(path, svg ? to_svg_plot(annotation, options) : to_png_plot(annotation, options),
                        existing);
}

}  // namespace diar
