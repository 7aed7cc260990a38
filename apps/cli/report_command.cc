#include "report_command.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "diar/io/audio.h"
#include "diar/io/formats.h"
#include "model_flags.h"
#include "name_flags.h"
#include "report_flags.h"

namespace diar::cli {
namespace {

struct Flags {
  std::string turns;
  std::string audio;
  std::string format;
  std::string uri;
  NameFlags names;
  AudioFlags audio_flags;
  ReportFlags report;
};

void check_outputs(const Flags& flags) {
  OutputGuard guard;
  for (const std::string& input :
       {flags.turns, flags.audio, flags.names.file, flags.report.reference, flags.report.transcript})
    guard.reads(input);
  guard.writes({flags.report.html, false, "--html", {}});
  guard.writes({flags.report.plot, false, "--plot", {}});
  guard.check();
  guard.check_places();
}

void report(const Flags& flags) {
  if (!flags.report.asked()) throw InvalidArgument("nothing to write: give --html FILE, --plot FILE or both");
  flags.report.check();
  check_outputs(flags);
  std::vector<ResultDocument> recordings = read_format_file(flags.turns, flags.format);
  // What diarize writes of silence: a page says so.
  if (recordings.empty()) recordings.emplace_back(Annotation(uri_of(flags.turns), {}));
  std::vector<std::string> uris;
  uris.reserve(recordings.size());
  for (const ResultDocument& recording : recordings) uris.push_back(recording.diarization.uri());
  if (!flags.uri.empty() && std::find(uris.begin(), uris.end(), flags.uri) == uris.end())
    throw InvalidArgument("'" + flags.turns + "' holds no recording called '" + flags.uri + "'");
  ResultDocument& chosen = recordings[choose_recording(uris, flags.uri, flags.turns)];
  const SpeakerNames names = flags.names.speaker_names();
  note_unknown_labels(names, chosen.diarization);
  const ResultDocument document = renamed(std::move(chosen), names);
  ReportRecorder recorder(flags.report, {document.diarization.uri(), flags.audio, flags.report.html,
                                         flags.report.plot, Existing::kReplace, Existing::kReplace});
  recorder.listen(flags.audio_flags.audio_options());
  const std::string note = recorder.write(document);
  if (!note.empty()) print_note(note);
}

}  // namespace

void add_report_command(CLI::App& app, CommandContext&) {
  CLI::App* command = app.add_subcommand("report", "Page and plot of existing turns");
  auto flags = std::make_shared<Flags>();
  command
      ->add_option("TURNS", flags->turns,
                   "File with the turns: RTTM, JSON or any other format that diarize writes")
      ->required()
      ->type_name("");
  command->add_option("--audio", flags->audio, "The recording, for the page to play")->type_name("FILE");
  command->add_option("--uri", flags->uri, "Which recording of the file, when it holds several")
      ->type_name("NAME");
  command->add_option("--format", flags->format, "Format of TURNS (default: by its extension)")
      ->type_name("NAME");
  flags->names.add_to(*command);
  flags->report.add_to(*command);
  flags->audio_flags.add_to(*command);
  command->callback([flags] { report(*flags); });
}

}  // namespace diar::cli
