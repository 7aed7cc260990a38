#include "report_flags.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "diar/errors.h"
#include "diar/io/plot.h"
#include "diar/io/rttm.h"
#include "diar/output_file.h"

namespace diar::cli {
namespace {

// Names of planned files, beside those of the formats.
constexpr const char* kHtml = "html";
constexpr const char* kPlot = "plot";

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

Annotation read_reference(const std::string& path, const std::string& uri) {
  const auto references = read_rttm_file(path);
  std::vector<std::string> uris;
  uris.reserve(references.size());
  for (const Annotation& reference : references) uris.push_back(reference.uri());
  return references[choose_recording(uris, uri, path)];
}

void add_kind(const std::string& option, const std::string& output, const OutputKind& kind,
              const std::vector<InputFile>& inputs, std::vector<PlannedOutput>& plan) {
  if (output.empty()) return;
  if (output == "-") throw InvalidArgument(option + " needs the name of a file");
  OutputWishes wishes;
  wishes.kinds.push_back(kind);
  if (is_output_directory(output)) {
    wishes.directory = output;
  } else if (inputs.size() > 1) {
    throw InvalidArgument("several inputs need " + option + " to be a directory (end it with '/')");
  } else {
    wishes.files.push_back(output);
  }
  const auto added = plan_outputs(inputs, wishes);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    plan[i].files.push_back(added[i].files.front());
    plan[i].files.back().option = option;
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
  app.add_option("--reference", reference, "RTTM file with the truth: page and plot then show the errors")
      ->type_name("RTTM");
  app.add_option("--transcript", transcript,
                 "What was said, for the page: JSON of Whisper and its relatives, SRT or VTT")
      ->type_name("FILE");
}

OutputWishes ReportFlags::take_wishes(FormatFlags& format) {
  std::vector<std::string>& outputs = format.outputs;
  const auto page = std::find_if(outputs.begin(), outputs.end(), is_page_path);
  // With --format the user says what the file is, whatever it is called.
  if (page == outputs.end() || !format.formats.empty()) return format.wishes("rttm");
  if (!html.empty() || std::any_of(page + 1, outputs.end(), is_page_path)) {
    throw InvalidArgument("--output and --html name more than one page");
  }
  html = *page;
  outputs.erase(page);
  return outputs.empty() ? OutputWishes() : format.wishes("rttm");
}

void ReportFlags::check() const {
  if (!reference.empty() && !asked())
    throw InvalidArgument("--reference is for --html and --plot: name one of them too");
  if (!transcript.empty() && html.empty())
    throw InvalidArgument("--transcript is for --html: name a page too");
}

void ReportFlags::add_to_plan(const std::vector<InputFile>& inputs, std::vector<PlannedOutput>& plan) const {
  check();
  if (!transcript.empty() && inputs.size() > 1) {
    throw InvalidArgument("--transcript belongs to one recording: give one input at a time");
  }
  add_kind("--html", html, {kHtml, ".html"}, inputs, plan);
  if (!plot.empty() && !is_output_directory(plot) && !is_plot_path(plot)) {
    throw InvalidArgument("--plot draws .svg or .png, unlike '" + plot + "'");
  }
  add_kind("--plot", plot, {kPlot, ".svg"}, inputs, plan);
}

bool is_page_path(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  return extension == ".html" || extension == ".htm";
}

bool is_report(const PlannedFile& file) {
  return file.format == kHtml || file.format == kPlot;
}

ReportTarget report_target(const PlannedOutput& item) {
  ReportTarget target;
  target.uri = item.uri;
  target.input = item.input;
  for (const PlannedFile& file : item.files) {
    if (file.is_finished) continue;
    if (file.format == kHtml) {
      target.html = file.path.string();
      target.existing_html = file.existing;
    } else if (file.format == kPlot) {
      target.plot = file.path.string();
      target.existing_plot = file.existing;
    }
  }
  return target;
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
  if (!flags_.reference.empty()) reference_ = read_reference(flags_.reference, target_.uri);
  if (!flags_.transcript.empty()) transcript_ = read_transcript_file(flags_.transcript);
}

ReportRecorder::ReportRecorder(ReportRecorder&&) noexcept = default;
ReportRecorder::~ReportRecorder() = default;

std::unique_ptr<AudioSource> ReportRecorder::tap(std::unique_ptr<AudioSource> source) {
  if (!flags_.needs_audio() || target_.html.empty()) return source;
  encoder_.emplace(make_encoder(flags_.html_audio));
  return std::make_unique<TappedSource>(std::move(source), *encoder_);
}

void ReportRecorder::listen(const AudioOptions& options) {
  if (target_.input.empty() || !flags_.needs_audio()) return;
  constexpr std::size_t kBlock = 65536;
  const auto source = tap(open_audio(target_.input, options));
  std::vector<float> block(kBlock);
  while (source->read(block) == block.size()) {
    if (interrupted()) throw Cancelled();
  }
}

void ReportRecorder::hear(std::span<const float> samples) {
  if (!flags_.needs_audio() || target_.html.empty()) return;
  if (!encoder_) encoder_.emplace(make_encoder(flags_.html_audio));
  encoder_->write(samples);
}

std::string ReportRecorder::write(const ResultDocument& document) {
  std::string note;
  if (!target_.html.empty()) note = write_html(document);
  if (!target_.plot.empty()) {
    PlotOptions options;
    options.title = document.diarization.uri();
    options.duration_s = document.duration_s;
    options.reference = reference_;
    write_plot(target_.plot, document.diarization, options, target_.existing_plot);
  }
  return note;
}

std::string ReportRecorder::write_html(const ResultDocument& document) {
  HtmlReportOptions options;
  options.reference = reference_;
  options.transcript = transcript_;
  options.assign = flags_.assign;
  std::string note;
  if (encoder_) {
    options.audio = encoder_->finish();
    if (options.audio.bytes.empty() && target_.input != "-") {
      options.audio.link = report_link(target_.input, target_.html);
    }
    if (options.audio.too_large) {
      note = "the audio is too long to go into '" + target_.html + "'" +
             (options.audio.link.empty() ? "; the page is silent" : ", which links it instead") +
             " (--html-audio embed forces it in)";
    }
  }
  write_file_atomically(target_.html, to_html_report(document, options), target_.existing_html);
  return note;
}

ResultDocument only_exclusive(ResultDocument document) {
  document.diarization = std::move(document.exclusive).value();
  document.exclusive.reset();
  return document;
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
