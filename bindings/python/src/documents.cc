// Results as text, text as results, and scores: all on plain turns.
#include "diar/io/formats.h"
#include "diar/io/plot.h"
#include "diar/metrics.h"
#include "diar/output_file.h"
#include "module.h"
#include "voices.h"

namespace diar::python {
namespace {

using Turns = std::vector<TurnTuple>;

StageTimings timings_of(const nb::dict& seconds) {
  const auto get = [&](const char* name) { return nb::cast<double>(seconds[name]); };
  return {get("audio"),      get("segmentation"),   get("embedding"),
          get("clustering"), get("reconstruction"), get("total")};
}

RunInfo run_of(const nb::dict& facts) {
  const auto text = [&](const char* name) { return nb::cast<std::string>(facts[name]); };
  RunInfo run{text("version"), text("model_name"), text("model_path"), text("found_by"), text("device")};
  run.elapsed_s = nb::cast<double>(facts["elapsed_s"]);
  run.speed = text("speed");
  run.timings = timings_of(nb::cast<nb::dict>(facts["timings"]));
  return run;
}

/// Text of a file in `format`, as the command writes it.
std::string format_turns(const std::string& format, const std::string& uri, const Turns& turns,
                         const std::optional<Turns>& exclusive_turns, double duration_s,
                         const std::string& input,
                         const std::vector<std::tuple<std::string, std::vector<float>>>& embeddings,
                         const std::vector<IdentityTuple>& identities, const std::optional<nb::dict>& run,
                         bool exclusive, bool one_line) {
  ResultDocument document(annotation_of(uri, turns));
  if (exclusive_turns) document.exclusive = annotation_of(uri, *exclusive_turns);
  document.duration_s = duration_s;
  document.input = input;
  for (const auto& [speaker, values] : embeddings) document.embeddings.push_back({speaker, values});
  for (const IdentityTuple& identity : identities) document.identities.push_back(identity_of(identity));
  if (run) document.run = run_of(*run);
  FormatOptions options;
  options.exclusive = exclusive;
  options.one_line = one_line;
  return to_format(document, format, options);
}

/// Recordings of a file: (uri, turns, duration_s) each.
std::vector<std::tuple<std::string, Turns, double>> read_file(const std::string& path,
                                                              const std::string& format) {
  std::vector<std::tuple<std::string, Turns, double>> recordings;
  for (const ResultDocument& document : read_format_file(path, format))
    recordings.emplace_back(document.diarization.uri(), turns_of(document.diarization), document.duration_s);
  return recordings;
}

std::string plot_svg(const Turns& turns, double duration_s, double width_px) {
  PlotOptions options;
  options.width_px = width_px;
  options.duration_s = duration_s;
  return to_svg_plot(annotation_of("", turns), options);
}

nb::dict score(const Turns& reference, const Turns& hypothesis, double collar_s, bool skip_overlap,
               const std::optional<std::vector<std::tuple<double, double>>>& uem) {
  ScoringOptions options;
  options.collar_s = collar_s;
  options.skip_overlap = skip_overlap;
  if (uem) {
    options.uem.emplace();
    for (const auto& [start_s, end_s] : *uem) options.uem->push_back({start_s, end_s});
  }
  const Annotation expected = annotation_of("", reference);
  const Annotation found = annotation_of("", hypothesis);
  const DiarizationErrorRate error = diarization_error_rate(expected, found, options);
  nb::dict parts;
  parts["total"] = error.total_s;
  parts["correct"] = error.correct_s;
  parts["missed_detection"] = error.missed_detection_s;
  parts["false_alarm"] = error.false_alarm_s;
  parts["confusion"] = error.confusion_s;
  parts["jaccard"] = jaccard_error_rate(expected, found, options).rate();
  nb::dict mapping;
  for (const auto& [from, to] : optimal_mapping(expected, found, options)) mapping[from.c_str()] = to;
  parts["mapping"] = mapping;
  return parts;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const FormatInfo& format : formats()) names.emplace_back(format.name);
  return names;
}

}  // namespace

void define_documents(nb::module_& module) {
  module.def("format_turns", &format_turns, nb::arg("format"), nb::arg("uri"), nb::arg("turns"),
             nb::arg("exclusive_turns").none(), nb::arg("duration_s"), nb::arg("input"),
             nb::arg("embeddings"), nb::arg("identities"), nb::arg("run").none(), nb::arg("exclusive"),
             nb::arg("one_line"));
  module.def("format_names", &format_names);
  module.def(
      "format_of_path",
      [](const std::string& path) {
        const FormatInfo* format = format_of_path(path);
        return format == nullptr ? std::string() : std::string(format->name);
      },
      nb::arg("path"));
  module.def("read_file", &read_file, nb::arg("path"), nb::arg("format"));
  module.def("plot_svg", &plot_svg, nb::arg("turns"), nb::arg("duration_s"), nb::arg("width_px"));
  module.def("score", &score, nb::arg("reference"), nb::arg("hypothesis"), nb::arg("collar_s"),
             nb::arg("skip_overlap"), nb::arg("uem").none());
  module.def(
      "write_text",
      [](const std::string& path, const std::string& text) { write_file_atomically(path, text); },
      nb::arg("path"), nb::arg("text"));
}

}  // namespace diar::python
