#include "convert_command.h"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "diar/errors.h"
#include "diar/io/formats.h"
#include "diar/output_file.h"
#include "format_flags.h"
#include "name_flags.h"

namespace diar::cli {
namespace {

struct Flags {
  std::vector<std::string> inputs;
  std::string from;
  FormatFlags format;
  NameFlags names;
  bool exclusive = false;
};

std::vector<ResultDocument> read_input(const Flags& flags, const std::string& input) {
  if (input != "-") return read_format_file(input, flags.from);
  if (flags.from.empty())
    throw InvalidArgument("standard input has no extension: say its format with --from");
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  return parse_format(text, flags.from, "stdin");
}

// A recording's name as a file's name in the directory where `path` would lie.
std::filesystem::path path_for(const std::string& uri, const PlannedFile& file) {
  std::string stem = uri;
  for (char& c : stem) {
    if (c == '/' || c == '\0') c = '_';
  }
  if (stem.empty() || stem.starts_with('.')) stem.insert(0, "_");
  return file.path.parent_path() / (stem + std::string(find_format(file.format).extension));
}

void write(const std::filesystem::path& path, const std::string& text) {
  if (path.empty()) {
    std::cout << text;
  } else {
    write_file_atomically(path, text);
  }
}

// One file for all recordings where the format can, else one file for each in a directory.
void write_documents(const std::vector<ResultDocument>& documents, const PlannedFile& file,
                     const Flags& flags) {
  FormatOptions options;
  options.exclusive = flags.exclusive;
  const bool together = documents.size() == 1 || find_format(file.format).several_recordings;
  if (together) return write(file.path, to_format(documents, file.format, options));
  if (file.path.empty() ||
      !is_output_directory(flags.format.outputs.empty() ? "" : flags.format.outputs[0])) {
    throw InvalidArgument("format '" + file.format + "' holds one recording, and there are " +
                          std::to_string(documents.size()) + ": give a directory with --output DIR/");
  }
  std::vector<std::filesystem::path> paths;
  for (const ResultDocument& document : documents) {
    paths.push_back(path_for(document.diarization.uri(), file));
    if (std::count(paths.begin(), paths.end(), paths.back()) > 1) {
      throw InvalidArgument("two recordings would both write '" + paths.back().string() + "'");
    }
  }
  for (std::size_t i = 0; i < documents.size(); ++i) {
    write(paths[i], to_format(documents[i], file.format, options));
  }
}

void convert(const Flags& flags, CommandContext& context) {
  if (flags.format.outputs.empty() && flags.format.formats.empty()) {
    throw InvalidArgument("convert to what? Give --format, or --output with an extension");
  }
  if (!flags.from.empty()) find_format(flags.from);
  const SpeakerNames names = flags.names.speaker_names();
  std::vector<InputFile> inputs;
  for (const std::string& input : flags.inputs) inputs.push_back({input, {}, false, {}});
  const auto plan = plan_outputs(inputs, flags.format.wishes("rttm"));
  for (const PlannedOutput& item : plan) {
    try {
      std::vector<ResultDocument> documents = read_input(flags, item.input);
      for (ResultDocument& document : documents) {
        if (plan.size() == 1 && documents.size() == 1) note_unknown_labels(names, document.diarization);
        document = renamed(std::move(document), names);
      }
      for (const PlannedFile& file : item.files) write_documents(documents, file, flags);
    } catch (const Error& error) {
      print_error(error.what());
      context.note_failure(error.exit_code());
    }
  }
}

}  // namespace

void add_convert_command(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("convert", "Turn results from one file format into others");
  auto flags = std::make_shared<Flags>();
  command->add_option("INPUT", flags->inputs, "Files with results; - is standard input")
      ->required()
      ->type_name("");
  command->add_option("--from", flags->from, "Format of the inputs (default: by their extensions)")
      ->type_name("NAME");
  flags->format.add_to(*command, "File, directory, or - for standard output (default: beside each input)");
  flags->names.add_to(*command);
  command->add_flag("--exclusive", flags->exclusive, "Write the exclusive turns, which JSON holds");
  command->footer(
      "Examples:\n"
      "  diarize convert talk.rttm --output talk.srt\n"
      "  diarize convert talk.json --format vtt,textgrid --names SPEAKER_00=Ann,SPEAKER_01=Bo\n"
      "  diarize convert all.rttm --format eaf --output elan/      one file for each recording\n");
  command->callback([&context, flags] { convert(*flags, context); });
}

}  // namespace diar::cli
