#include "models_command.h"

#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "download.h"
#include "import_command.h"
#include "model_files_command.h"
#include "screen.h"

namespace diar::cli {
namespace {

void list() {
  for (const ModelSet& model : list_models()) {
    std::cout << std::left << std::setw(24) << screen_text(model.name) << std::right << std::setw(9)
              << megabytes(model.size_bytes) << "  " << std::left << std::setw(10)
              << screen_text(model.licence) << "  "
              << (!model.location.empty()  ? "installed"
                  : !model.package.empty() ? "import"
                  : model.gated            ? "gated"
                                           : "free")
              << '\n'
              << "    " << screen_text(model.description) << (model.tried ? "" : " (untried by this project)")
              << '\n'
              << "    "
              << screen_text(model.package.empty()
                                 ? model.repository + '@' + model.revision.substr(0, 12)
                                 : "PyPI " + model.package + ", completed by 'diarize models import'")
              << '\n';
  }
  std::cout << "looked for without --model, the first that is there: DIARIZE_MODEL";
  for (const ModelSet& model : list_models()) {
    if (model.pipeline) std::cout << ", " << screen_text(model.name);
  }
  std::cout << ", starter\n";
  try {
    const ModelLocation chosen = find_model();
    std::cout << "used without --model: " << screen_text(chosen.name) << " ("
              << screen_text(chosen.path.string()) << ", " << chosen.found_by << ")\n";
  } catch (const ModelError& error) {
    std::cout << screen_text(error.what()) << '\n';
  }
}

void pull(const std::string& name, bool quiet) {
  std::cout << download(name, quiet).path.string() << '\n';
}

void verify(const std::string& model, CommandContext& context) {
  std::size_t num_bad = 0;
  for (const FileCheck& check : verify_model(model)) {
    std::cout << (check.good ? "good  " : "BAD   ") << screen_text(check.file + "  " + check.detail) << '\n';
    num_bad += check.good ? 0 : 1;
  }
  if (num_bad == 0) return;
  print_error(std::to_string(num_bad) + (num_bad == 1 ? " file is" : " files are") + " not as it should be");
  context.note_failure(static_cast<int>(ErrorCode::kModel));
}

}  // namespace

void add_models_command(CLI::App& app, CommandContext& context) {
  CLI::App* models = app.add_subcommand("models", "List, fetch, import, check, convert and remove models");
  models->require_subcommand(1);
  auto name = std::make_shared<std::string>();
  auto quiet = std::make_shared<bool>(false);

  models->add_subcommand("list", "The named sets, and which model runs without --model")->callback(list);

  CLI::App* fetch = models->add_subcommand("pull", "Download a set, or any repository of the hub");
  fetch->add_option("NAME", *name, "A set of 'models list', or ORG/NAME[@REVISION]")
      ->required()
      ->type_name("");
  fetch->add_flag("-q,--quiet", *quiet, "Print nothing but the place and errors");
  fetch->footer(
      "Reads HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN (or the file of 'hf auth login'), HF_HUB_OFFLINE.");
  fetch->callback([name, quiet] { pull(*name, *quiet); });

  CLI::App* check =
      models->add_subcommand("verify", "Compare a model's files with the known SHA-256 and read them");
  check->add_option("MODEL", *name, "Path or name (default: the model that runs without --model)")
      ->type_name("");
  check->callback([name, &context] { verify(*name, context); });

  CLI::App* path =
      models->add_subcommand("path", "Print where a model lies; without a name, the hub's cache");
  path->add_option("MODEL", *name, "Path or name")->type_name("");
  path->callback([name] {
    std::cout << (name->empty() ? model_cache_directory() : find_model(*name).path).string() << '\n';
  });

  add_import_command(*models, context);
  add_model_files_commands(*models, context);

  CLI::App* removal = models->add_subcommand("remove", "Remove a set or ORG/NAME from the hub's cache");
  removal->add_option("NAME", *name, "A set of 'models list', or ORG/NAME")->required()->type_name("");
  removal->callback([name] {
    const std::string size = megabytes(remove_model(*name));
    std::cerr << screen_text(*name) << ": " << size << " freed\n";
  });
}

}  // namespace diar::cli
