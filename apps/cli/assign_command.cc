#include "assign_command.h"

#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "diar/io/formats.h"
#include "diar/io/transcript.h"
#include "diar/output_file.h"
#include "input_list.h"
#include "model_flags.h"
#include "name_flags.h"
#include "output_guard.h"
#include "report_flags.h"

namespace diar::cli {
namespace {

struct Flags {
  std::string transcript;
  std::string speakers;
  std::string audio;
  std::vector<std::string> outputs;
  std::string format;
  AssignOptions options;
  NameFlags names;
  bool raw = false;
};

using Writer = std::string (*)(const Transcript&);
struct Format {
  const char* name;
  Writer write;
};
constexpr std::array<Format, 4> kFormats = {
    {{"txt", to_text}, {"srt", to_srt}, {"vtt", to_vtt}, {"json", to_json}}};
constexpr const char* kNotAFormat = "' is no transcript format: txt, srt, vtt, json, or html for a page";

Writer writer_for(const std::string& name) {
  for (const Format& format : kFormats) {
    if (name == format.name) return format.write;
  }
  throw InvalidArgument("'" + name + kNotAFormat);
}

Writer writer_for_file(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension.empty())
    throw InvalidArgument("'" + path +
                          "' has no extension: end it in .txt, .srt, .vtt, .json or .html, or give --format");
  return writer_for(extension.substr(1));
}

// The one recording that the file holds.
ResultDocument read_result(const Flags& flags, const SpeakerNames& names) {
  if (is_audio_name(flags.speakers)) {
    throw InvalidArgument("'" + flags.speakers + "' is a recording: run 'diarize " + flags.speakers +
                          "' first, and give its turns (RTTM or JSON)");
  }
  auto documents = read_format_file(flags.speakers);
  if (documents.empty()) throw InputError("'" + flags.speakers + "' holds no speaker turns");
  if (documents.size() > 1) {
    throw InputError("'" + flags.speakers + "' holds " + std::to_string(documents.size()) +
                     " recordings: give the turns of one");
  }
  note_unknown_labels(names, documents.front().diarization);
  return renamed(std::move(documents.front()), names);
}

// Where everything goes, decided before any work, so that a typing error costs nothing.
struct Plan {
  struct File {
    std::string path;  // "-": standard output
    Writer write;
  };
  std::vector<File> files;
  std::string page;  // empty: none is asked for
};

Plan plan_of(const Flags& flags) {
  Plan plan;
  for (const std::string& path : flags.outputs) {
    const bool by_extension = flags.format.empty() && path != "-";
    if (flags.format == "html" ? path != "-" : by_extension && is_page_path(path)) {
      if (!plan.page.empty()) throw InvalidArgument("--output names more than one page");
      plan.page = path;
    } else if (flags.format == "html") {
      throw InvalidArgument("a page needs the name of a file: --output talk.html");
    } else {
      const Writer writer =
          by_extension ? writer_for_file(path) : writer_for(flags.format.empty() ? "txt" : flags.format);
      plan.files.push_back({path, writer});
    }
  }
  if (!flags.audio.empty() && plan.page.empty())
    throw InvalidArgument("--audio is for a page to play: name one too, --output talk.html");
  return plan;
}

void check_outputs(const Flags& flags) {
  OutputGuard guard;
  for (const std::string& input : {flags.transcript, flags.speakers, flags.audio, flags.names.file})
    guard.reads(input);
  for (const std::string& output : flags.outputs) guard.writes({output, false, "--output", {}});
  guard.check();
  guard.check_places();
}

void write_page(const Flags& flags, const AssignOptions& options, const std::string& path,
                const ResultDocument& document) {
  ReportFlags report;
  report.html = path;
  report.transcript = flags.transcript;
  report.assign = options;
  ReportTarget target;
  target.uri = document.diarization.uri();
  target.input = flags.audio;
  target.html = path;
  ReportRecorder recorder(report, std::move(target));
  recorder.listen(AudioFlags().audio_options());
  const std::string note = recorder.write(document);
  if (!note.empty()) print_note(note);
}

void assign(const Flags& flags) {
  const Plan plan = plan_of(flags);
  check_outputs(flags);
  const SpeakerNames names = flags.names.speaker_names();
  AssignOptions options = flags.options;
  options.smooth = !flags.raw;
  const Transcript transcript = read_transcript_file(flags.transcript);
  const ResultDocument document = read_result(flags, names);
  // First what can fail most.
  if (!plan.page.empty()) write_page(flags, options, plan.page, document);
  const Transcript result =
      assign_speakers(transcript, document.exclusive.value_or(document.diarization), options);
  for (const Plan::File& file : plan.files) {
    if (file.path == "-") {
      std::cout << file.write(result);
    } else {
      write_file_atomically(file.path, file.write(result));
    }
  }
}

}  // namespace

void add_assign_command(CLI::App& app, CommandContext&) {
  CLI::App* command =
      app.add_subcommand("assign", "Put the speakers on a transcript: JSON, SRT, VTT, text, or a page");
  auto flags = std::make_shared<Flags>();
  command
      ->add_option(
          "-t,--transcript,TRANSCRIPT", flags->transcript,
          "Output of whisper.cpp (-oj, -ojf), openai-whisper, faster-whisper or WhisperX (JSON), or SRT, VTT")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("-s,--speakers,SPEAKERS", flags->speakers,
                   "Turns of the same recording: RTTM, JSON, or any other format that diarize writes")
      ->required()
      ->type_name("FILE");
  flags->outputs = {"-"};
  command
      ->add_option(
          "-o,--output", flags->outputs,
          "Where to: .txt, .srt, .vtt, .json, .html for a page to correct it on, or - for standard output "
          "(default); may be given several times")
      ->type_name("FILE|-")
      ->take_all();
  command
      ->add_option("-f,--format", flags->format,
                   "txt, srt, vtt, json or html (default: by the extension, else txt)")
      ->check(CLI::IsMember({"txt", "srt", "vtt", "json", "html"}));
  command->add_option("--audio", flags->audio, "The recording, for a page to play")->type_name("FILE");
  flags->names.add_to(*command);
  command
      ->add_option("--max-gap", flags->options.max_gap_s,
                   "A word outside every turn takes the nearest within this distance (default 1)")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S");
  command->add_flag("--no-smoothing", flags->raw,
                    "Do not let short strays follow the sentence's main speaker");
  command->callback([flags] { assign(*flags); });
}

}  // namespace diar::cli
