#include "model_files_command.h"

#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "diar/errors.h"
#include "diar/hub/model_files.h"
#include "download.h"
#include "output_guard.h"
#include "screen.h"

namespace diar::cli {
namespace {

struct ConvertFlags {
  std::string source;
  std::string destination;
  std::string repository;
  std::string output;
  std::string format = "safetensors";
  std::string type;
  bool overwrite = false;
  bool quiet = false;
};

void print_file(const WeightFileInfo& file) {
  std::cout << screen_text(file.file) << "\n  " << file.format << ", " << megabytes(file.size_bytes) << '\n';
  if (!file.network.empty()) {
    std::cout << "  " << file.network << ": " << file.num_parameters << " numbers, " << file.types;
    std::cout << (file.layout.empty() ? "" : "; " + screen_text(file.layout)) << '\n';
  }
  if (!file.sha256.empty()) std::cout << "  SHA-256 " << file.sha256 << '\n';
  for (const auto& [key, value] : file.metadata) std::cout << "  " << screen_text(key + ": " + value) << '\n';
  if (!file.fault.empty()) std::cout << "  CANNOT BE USED: " << screen_text(file.fault) << '\n';
}

void show(const std::string& model, CommandContext& context) {
  const ModelInfo info = inspect_model(model);
  std::cout << screen_text(info.location.name + " (" + info.location.path.string()) << ", "
            << info.location.found_by << ")\n";
  const auto line = [](const char* key, const std::string& value) {
    std::cout << std::left << std::setw(10) << key << (value.empty() ? "not stated" : screen_text(value))
              << '\n';
  };
  line("source", info.source);
  if (!info.revision.empty()) line("revision", info.revision);
  line("licence", info.licence);
  if (!info.settings.empty()) {
    std::string settings;
    for (const auto& [key, value] : info.settings)
      settings += (settings.empty() ? "" : ", ") + key + " " + value;
    line("settings", settings);
  }
  std::size_t num_bad = 0;
  for (const WeightFileInfo& file : info.files) {
    print_file(file);
    num_bad += file.fault.empty() ? 0 : 1;
  }
  if (num_bad == 0) return;
  print_error(std::to_string(num_bad) + (num_bad == 1 ? " file" : " files") + " cannot be used");
  context.note_failure(static_cast<int>(ErrorCode::kModel));
}

ConvertOptions options_of(const ConvertFlags& flags) {
  ConvertOptions options;
  options.format = flags.format == "npz"   ? WeightFormat::kNpz
                   : flags.format == "mlx" ? WeightFormat::kMlx
                                           : WeightFormat::kSafetensors;
  options.type = flags.type == "float32"    ? WeightType::kFloat32
                 : flags.type == "float16"  ? WeightType::kFloat16
                 : flags.type == "bfloat16" ? WeightType::kBFloat16
                                            : WeightType::kAsStored;
  options.overwrite = flags.overwrite;
  return options;
}

void convert(const ConvertFlags& flags) {
  const bool from_hub = !flags.repository.empty();
  if (from_hub == !flags.source.empty() || (!flags.output.empty() && !flags.destination.empty())) {
    throw InvalidArgument("say what to convert once: SRC DST, or --repo-id ORG/NAME --output DIR");
  }
  const std::string& destination = flags.output.empty() ? flags.destination : flags.output;
  if (destination.empty()) throw InvalidArgument("say where to: DST, or --output DIR");
  const std::string source = from_hub ? download(flags.repository, flags.quiet).path.string() : flags.source;
  OutputGuard guard;
  guard.reads_below(source);
  guard.reads_model(source);
  guard.writes({destination, false, "DST", {}});
  guard.check();
  for (const ConvertedFile& file : convert_model(source, destination, options_of(flags))) {
    std::cout << file.path.string();
    if (!flags.quiet) std::cout << "  " << file.size_bytes << " bytes  SHA-256 " << file.sha256;
    std::cout << '\n';
  }
}

void add_convert(CLI::App& models) {
  auto flags = std::make_shared<ConvertFlags>();
  CLI::App* command =
      models.add_subcommand("convert", "Write a model or one network's file in another format");
  command->add_option("SRC", flags->source, "Weight file, model directory, or the name of an installed set")
      ->type_name("");
  command->add_option("DST", flags->destination, "A directory, or one file ending in .safetensors or .npz")
      ->type_name("");
  command
      ->add_option("--repo-id", flags->repository, "Pull this repository (or set) of the hub and convert it")
      ->type_name("ORG/NAME");
  command->add_option("-o,--output", flags->output, "The same as DST")->type_name("DIR");
  command->add_option("--to", flags->format, "Format (default safetensors)")
      ->check(CLI::IsMember({"safetensors", "npz", "mlx"}))
      ->type_name("NAME");
  command->add_option("--dtype", flags->type, "Type of the networks' numbers (default: as stored)")
      ->check(CLI::IsMember({"float32", "float16", "bfloat16"}))
      ->type_name("NAME");
  command->add_flag("--overwrite", flags->overwrite,
                    "Replace the destination if it is a model or a weight file");
  command->add_flag("-q,--quiet", flags->quiet, "Print the written files only");
  command->callback([flags] { convert(*flags); });
}

}  // namespace

void add_model_files_commands(CLI::App& models, CommandContext& context) {
  auto name = std::make_shared<std::string>();
  CLI::App* info = models.add_subcommand("info", "What a model's weight files hold: network, layout, source");
  info->add_option("MODEL", *name, "Path or name (default: the model that runs without --model)")
      ->type_name("");
  info->callback([name, &context] { show(*name, context); });
  add_convert(models);
}

}  // namespace diar::cli
