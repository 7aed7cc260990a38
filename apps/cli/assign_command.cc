#include "assign_command.h"

#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "diar/errors.h"
#include "diar/io/formats.h"
#include "diar/io/transcript.h"
#include "diar/output_file.h"
#include "input_list.h"
#include "name_flags.h"
#include "output_guard.h"

namespace diar::cli {
namespace {

struct Flags {
  std::string transcript;
  std::string speakers;
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

Writer writer_for(const std::string& name) {
  for (const Format& format : kFormats) {
    if (name == format.name) return format.write;
  }
  throw InvalidArgument("'" + name + "' is no transcript format: txt, srt, vtt or json");
}

Writer writer_for_file(const std::string& path, const std::string& format) {
  if (!format.empty()) return writer_for(format);
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension.empty())
    throw InvalidArgument("'" + path +
                          "' has no extension: end it in .txt, .srt, .vtt or .json, or give --format");
  return writer_for(extension.substr(1));
}

// The turns of the one recording that the file holds; the exclusive ones where it has them.
Annotation read_turns(const Flags& flags, const SpeakerNames& names) {
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
  const ResultDocument& document = documents.front();
  note_unknown_labels(names, document.diarization);
  return renamed(document.exclusive.value_or(document.diarization), names);
}

void check_outputs(const Flags& flags) {
  OutputGuard guard;
  for (const std::string& input : {flags.transcript, flags.speakers, flags.names.file}) guard.reads(input);
  for (const std::string& output : flags.outputs) guard.writes({output, false, "--output", {}});
  guard.check();
  guard.check_places();
}

void assign(const Flags& flags) {
  // Every output is decided before any work, so that a typing error costs nothing.
  std::vector<Writer> writers;
  for (const std::string& path : flags.outputs) {
    writers.push_back(path == "-" ? writer_for(flags.format.empty() ? "txt" : flags.format)
                                  : writer_for_file(path, flags.format));
  }
  check_outputs(flags);
  const SpeakerNames names = flags.names.speaker_names();
  AssignOptions options = flags.options;
  options.smooth = !flags.raw;
  const Transcript result =
      assign_speakers(read_transcript_file(flags.transcript), read_turns(flags, names), options);
  for (std::size_t i = 0; i < writers.size(); ++i) {
    if (flags.outputs[i] == "-") {
      std::cout << writers[i](result);
    } else {
      write_file_atomically(flags.outputs[i], writers[i](result));
    }
  }
}

}  // namespace

void add_assign_command(CLI::App& app, CommandContext&) {
  CLI::App* command =
      app.add_subcommand("assign", "Put the speakers on a transcript: JSON, SRT, VTT or text");
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
          "Where to: .txt, .srt, .vtt, .json, or - for standard output (default); may be given several times")
      ->type_name("FILE|-")
      ->take_all();
  command
      ->add_option("-f,--format", flags->format,
                   "txt, srt, vtt or json (default: by the extension, else txt)")
      ->check(CLI::IsMember({"txt", "srt", "vtt", "json"}));
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
