#include "convert_command.h"

#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
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
  // A signal breaks the reading like an end of the text.
  if (interrupted()) throw Cancelled();
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

/// What one input becomes.
struct Conversion {
  PlannedOutput output;
  std::vector<std::string> texts;  // of each of its files
};

// One file for all recordings where the format can, else one file for each in a directory.
void add_files(const std::vector<ResultDocument>& documents, const PlannedFile& file, const Flags& flags,
               Conversion& conversion) {
  FormatOptions options;
  options.exclusive = flags.exclusive;
  const auto add = [&](const std::filesystem::path& path, std::span<const ResultDocument> part) {
    conversion.texts.push_back(to_format(part, file.format, options));
    conversion.output.files.push_back(file);
    conversion.output.files.back().path = path;
  };
  const bool together = documents.size() == 1 || find_format(file.format).several_recordings;
  if (together) return add(file.path, documents);
  if (file.path.empty() ||
      !is_output_directory(flags.format.outputs.empty() ? "" : flags.format.outputs[0])) {
    throw InvalidArgument("format '" + file.format + "' holds one recording, and there are " +
                          std::to_string(documents.size()) + ": give a directory with --output DIR/");
  }
  for (const ResultDocument& document : documents)
    add(path_for(document.diarization.uri(), file), {&document, 1});
}

Conversion convert_one(const Flags& flags, const PlannedOutput& item, const SpeakerNames& names,
                       bool is_single) {
  std::vector<ResultDocument> documents = read_input(flags, item.input);
  for (ResultDocument& document : documents) {
    if (is_single && documents.size() == 1) note_unknown_labels(names, document.diarization);
    document = renamed(std::move(document), names);
  }
  Conversion conversion{item, {}};
  conversion.output.files.clear();
  for (const PlannedFile& file : item.files) add_files(documents, file, flags, conversion);
  return conversion;
}

void write(const PlannedOutput& output, const std::vector<std::string>& texts) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const PlannedFile& file = output.files[i];
    if (file.path.empty()) {
      std::cout << texts[i];
    } else {
      write_file_atomically(file.path, texts[i], file.existing);
    }
  }
}

// Everything is read before anything is written: the names of some files are those of the recordings.
void convert(const Flags& flags, CommandContext& context) {
  if (flags.format.outputs.empty() && flags.format.formats.empty()) {
    throw InvalidArgument("convert to what? Give --format, or --output with an extension");
  }
  if (!flags.from.empty()) find_format(flags.from);
  const SpeakerNames names = flags.names.speaker_names();
  std::vector<InputFile> inputs;
  for (const std::string& input : flags.inputs) inputs.push_back({input, {}, false, {}});
  const auto plan = plan_outputs(inputs, flags.format.wishes("rttm"));
  std::vector<PlannedOutput> outputs;
  std::vector<std::vector<std::string>> texts;
  OutputGuard guard;
  guard.reads(flags.names.file);
  for (const PlannedOutput& item : plan) {
    guard.reads(item.input);
    try_input(context, [&] {
      Conversion conversion = convert_one(flags, item, names, plan.size() == 1);
      outputs.push_back(std::move(conversion.output));
      texts.push_back(std::move(conversion.texts));
    });
  }
  prepare_outputs(outputs, {flags.format.overwrite}, std::move(guard));
  for (std::size_t i = 0; i < outputs.size(); ++i) try_input(context, [&] { write(outputs[i], texts[i]); });
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
  command->callback([&context, flags] { convert(*flags, context); });
}

}  // namespace diar::cli
