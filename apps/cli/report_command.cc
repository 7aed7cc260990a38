#include "report_command.h"

#include <memory>
#include <string>
#include <vector>

#include "diar/audio.h"
#include "diar/errors.h"
#include "diar/rttm.h"
#include "model_flags.h"
#include "report_flags.h"

namespace diar::cli {
namespace {

struct Flags {
  std::string turns;
  std::string audio;
  std::string uri;
  AudioFlags audio_flags;
  ReportFlags report;
};

// Reads the audio to its end for what the recorder keeps of it.
void listen(const Flags& flags, ReportRecorder& recorder) {
  constexpr std::size_t kBlock = 65536;
  const auto source = recorder.tap(open_audio(flags.audio, flags.audio_flags.audio_options()));
  std::vector<float> block(kBlock);
  while (source->read(block) == block.size()) {
    if (interrupted()) throw Cancelled();
  }
}

void report(const Flags& flags) {
  if (!flags.report.asked()) throw InvalidArgument("nothing to write: give --html FILE, --plot FILE or both");
  const auto recordings = read_rttm_file(flags.turns);
  Annotation annotation = choose_recording(recordings, flags.uri, flags.turns);
  ReportRecorder recorder(flags.report, {flags.audio, flags.report.html, flags.report.plot});
  if (!flags.audio.empty() && !flags.report.html.empty()) listen(flags, recorder);
  recorder.write(annotation, 0.0, {});
}

}  // namespace

void add_report_command(CLI::App& app, CommandContext&) {
  CLI::App* command = app.add_subcommand("report", "Page and plot of turns that are there already");
  auto flags = std::make_shared<Flags>();
  command->add_option("RTTM", flags->turns, "File with the turns")->required()->type_name("");
  command->add_option("--audio", flags->audio, "The recording, for the page to play")->type_name("FILE");
  command->add_option("--uri", flags->uri, "Which recording of the file, when it holds several")
      ->type_name("NAME");
  flags->report.add_to(*command);
  flags->audio_flags.add_to(*command);
  command->callback([flags] { report(*flags); });
}

}  // namespace diar::cli
