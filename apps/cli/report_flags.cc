#include "report_flags.h"

#include <algorithm>
#include <utility>

#include "diar/errors.h"
#include "diar/output_file.h"
#include "diar/plot.h"
#include "diar/rttm.h"

namespace diar::cli {
namespace {

class TappedSource final : public AudioSource {
 public:
  TappedSource(std::unique_ptr<AudioSource> source, ReportAudioEncoder& encoder)
      : source_(std::move(source)), encoder_(encoder) {}

  std::size_t read(std::span<float> out) override {
    const std::size_t count = source_->read(out);
    encoder_.write(out.first(count));
    return count;
  }
  std::optional<double> duration_hint_s() const override { return source_->duration_hint_s(); }

 private:
  std::unique_ptr<AudioSource> source_;
  ReportAudioEncoder& encoder_;
};

// Without libopus the automatic choice still gives a report, with a link.
ReportAudioEncoder make_encoder(const std::string& choice) {
  ReportAudioOptions options;
  options.embed = choice == "auto" || choice == "embed";
  if (choice == "embed") options.max_bytes = static_cast<std::size_t>(-1);
  try {
    return ReportAudioEncoder(options);
  } catch (const OutputError&) {
    if (choice == "embed") throw;
    options.embed = false;
    return ReportAudioEncoder(options);
  }
}

}  // namespace

void ReportFlags::add_to(CLI::App& app) {
  app.add_option("--html", html, "Write a page to look at, listen to and correct the result")
      ->type_name("FILE|DIR");
  app.add_option("--plot", plot, "Draw the timeline, as .svg or .png")->type_name("FILE");
  app.add_option(
         "--html-audio", html_audio,
         "Put the audio into the page (embed), link it, or none; auto embeds up to 32 MiB, about 2.9 h")
      ->check(CLI::IsMember({"auto", "embed", "link", "none"}))
      ->type_name("HOW");
  app.add_option("--reference", reference, "RTTM file with the truth: --plot then shows the errors")
      ->type_name("RTTM");
}

ReportRecorder::ReportRecorder(const ReportFlags& flags, ReportTarget target)
    : flags_(flags), target_(std::move(target)) {
  const bool from_pipe = target_.input == "-";
  if (flags_.html_audio == "link" && (from_pipe || target_.input.empty())) {
    throw InvalidArgument("--html-audio link needs an audio file to link");
  }
  if (flags_.html_audio == "embed" && target_.input.empty()) {
    throw InvalidArgument("--html-audio embed needs the audio");
  }
}

ReportRecorder::ReportRecorder(ReportRecorder&&) noexcept = default;
ReportRecorder::~ReportRecorder() = default;

std::unique_ptr<AudioSource> ReportRecorder::tap(std::unique_ptr<AudioSource> source) {
  if (!flags_.needs_audio()) return source;
  encoder_.emplace(make_encoder(flags_.html_audio));
  return std::make_unique<TappedSource>(std::move(source), *encoder_);
}

void ReportRecorder::write(const Annotation& annotation, double duration_s, const std::string& model) const {
  if (!target_.html.empty()) write_html(annotation, duration_s, model);
  if (!target_.plot.empty()) write_plot_file(annotation, duration_s);
}

void ReportRecorder::write_html(const Annotation& annotation, double duration_s,
                                const std::string& model) const {
  HtmlReportOptions options;
  options.duration_s = duration_s;
  options.model = model;
  if (encoder_) {
    options.audio = encoder_->finish();
    if (options.audio.bytes.empty() && target_.input != "-") {
      options.audio.link = report_link(target_.input, target_.html);
    }
    if (options.audio.too_large) {
      print_error("the audio is too long to go into '" + target_.html + "'" +
                  (options.audio.link.empty() ? "; the page is silent" : ", which links it instead") +
                  " (--html-audio embed forces it in)");
    }
  }
  write_file_atomically(target_.html, to_html_report(annotation, options));
}

void ReportRecorder::write_plot_file(const Annotation& annotation, double duration_s) const {
  PlotOptions options;
  options.title = annotation.uri();
  options.duration_s = duration_s;
  if (!flags_.reference.empty()) {
    const auto references = read_rttm_file(flags_.reference);
    std::vector<std::string> uris;
    for (const Annotation& reference : references) uris.push_back(reference.uri());
    options.reference = references[choose_recording(uris, annotation.uri(), flags_.reference)];
  }
  write_plot(target_.plot, annotation, options);
}

std::size_t choose_recording(const std::vector<std::string>& uris, const std::string& uri,
                             const std::string& file) {
  if (uris.empty()) throw InputError("'" + file + "' holds no turns");
  const auto found = std::find(uris.begin(), uris.end(), uri);
  if (found != uris.end()) return static_cast<std::size_t>(found - uris.begin());
  // A lone recording under another name is the common case of a reference.
  if (uris.size() == 1) return 0;
  std::string names;
  for (const std::string& name : uris) names += (names.empty() ? "" : ", ") + name;
  throw InvalidArgument("'" + file + "' holds several recordings (" + names + "); none is called '" + uri +
                        "'");
}

}  // namespace diar::cli
