// An annotation in, a picture of it for a paper or a slide out: one row for each speaker over time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "diar/annotation.h"
#include "diar/export.h"
#include "diar/metrics.h"
#include "diar/output_file.h"

namespace diar {

struct PlotOptions {
  std::string title = {};             ///< above the picture; empty: none
  double width_px = 960.0;            ///< 200 to 20000, in CSS pixels (96 to the inch); the height follows
  double duration_s = 0.0;            ///< end of the time axis; the last turn's end where that is later
  std::optional<Segment> range = {};  ///< draw only this part
  std::optional<Annotation> reference = {};  ///< drawn above each speaker, with the errors below them all
  ScoringOptions scoring = {};               ///< what counts as an error
};

/// Plain SVG 1.1 with real text; equal input gives equal bytes. Names are shown as valid UTF-8. Throws
/// `InvalidArgument` on a width or range that makes no picture, or times that are not finite.
DIAR_API std::string to_svg_plot(const Annotation& annotation, const PlotOptions& options = {});
/// The same picture as PNG with `scale` pixels for each CSS pixel (1 to 8). Text is drawn in the system's
/// sans serif font, without falling back to others for characters that it lacks. Throws as `to_svg_plot`, and
/// `OutputError` where the library was built without cairo.
DIAR_API std::string to_png_plot(const Annotation& annotation, const PlotOptions& options = {},
                                 double scale = 2.0);
/// Named .svg or .png, in any case: what `write_plot` can write.
DIAR_API bool is_plot_path(const std::filesystem::path& path);
/// Writes either, as the extension says, whole or not at all. Throws `InvalidArgument` on another extension,
/// `OutputError` when the file cannot be written.
DIAR_API void write_plot(const std::filesystem::path& path, const Annotation& annotation,
                         const PlotOptions& options = {}, Existing existing = Existing::kReplace);

}  // namespace diar
