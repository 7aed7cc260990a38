// --html and --plot: what they ask for, and how a recording becomes those files.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "command_context.h"
#include "diar/annotation.h"
#include "diar/io/audio.h"
#include "diar/io/formats.h"
#include "diar/io/report.h"
#include "format_flags.h"
#include "input_list.h"
#include "output_plan.h"

namespace diar::cli {

struct ReportFlags {
  std::string html;
  std::string plot;
  std::string html_audio = "auto";
  std::string reference;
  std::string transcript;
  AssignOptions assign;  ///< how words of the transcript get their speakers; no option sets it here

  void add_to(CLI::App& app);
  /// What `format` asks for, RTTM where it asks for nothing. A page among its outputs becomes `html`: `-o
  /// talk.html` means `--html talk.html` and nothing besides. Throws as `FormatFlags::wishes`, and
  /// `InvalidArgument` on two pages.
  OutputWishes take_wishes(FormatFlags& format);
  /// Throws `InvalidArgument` on a reference or a transcript that nothing would show.
  void check() const;
  bool asked() const { return !html.empty() || !plot.empty(); }
  bool needs_audio() const { return !html.empty() && html_audio != "none"; }
  /// Adds the page and the plot of each input to its files. Throws as `plan_outputs`, and `InvalidArgument`
  /// when several inputs would share one file or a plot has no name for one.
  void add_to_plan(const std::vector<InputFile>& inputs, std::vector<PlannedOutput>& plan) const;
};

/// Its extension is that of a page: .html or .htm.
bool is_page_path(const std::string& path);

/// The reports of one recording.
struct ReportTarget {
  std::string uri;    ///< name of the recording, by which the reference is found
  std::string input;  ///< its audio; "-" is standard input, empty: there is none
  std::string html;   ///< path; empty: not asked for
  std::string plot;   ///< path, .svg or .png; empty: not asked for
  Existing existing_html = Existing::kReplace;
  Existing existing_plot = Existing::kReplace;
};

/// A planned file that is for a ReportRecorder to write.
bool is_report(const PlannedFile& file);
ReportTarget report_target(const PlannedOutput& item);

/// Gathers the sound of one recording while it is read, then writes its reports. Not thread-safe.
class ReportRecorder {
 public:
  /// Reads the reference and the transcript, so that a wrong one is known before hours of work. Throws
  /// `InvalidArgument` on flags that no report can follow, `InputError`.
  ReportRecorder(const ReportFlags& flags, ReportTarget target);
  ReportRecorder(ReportRecorder&&) noexcept;
  ~ReportRecorder();

  /// `source` itself where no sound is needed, else a source that hands out the same samples and keeps them,
  /// compressed. This recorder must outlive it.
  std::unique_ptr<AudioSource> tap(std::unique_ptr<AudioSource> source);
  /// Reads the target's audio to its end for what a page keeps of it; nothing where none is needed. Throws as
  /// `open_audio`, and `Cancelled`.
  void listen(const AudioOptions& options);
  /// The same for samples that come without a source.
  void hear(std::span<const float> samples);
  /// Writes the files of a result; where its duration is unknown they are as long as the audio or the turns.
  /// Gives one line that the user should know; empty: none. Throws `OutputError`.
  std::string write(const ResultDocument& document);

 private:
  std::string write_html(const ResultDocument& document);

  ReportFlags flags_;
  ReportTarget target_;
  std::optional<Annotation> reference_;
  std::optional<Transcript> transcript_;
  std::optional<ReportAudioEncoder> encoder_;
};

/// The exclusive turns in place of all others, for --exclusive. The document must hold them.
ResultDocument only_exclusive(ResultDocument document);

/// Index of one recording among those of a file: the one called `uri`, or the only one. Throws
/// `InvalidArgument` that lists `uris` when that leaves a choice, `InputError` when there are none.
std::size_t choose_recording(const std::vector<std::string>& uris, const std::string& uri,
                             const std::string& file);

}  // namespace diar::cli
