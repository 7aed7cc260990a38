// Finding, listing and removing models.
#include "diar/hub/model_store.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "diar/errors.h"
#include "hub/bundled.h"
#include "hub/environment.h"
#include "hub/hub_cache.h"
#include "hub/hub_settings.h"
#include "hub/manifest.h"
#include "hub/names.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStarter = "starter";

bool is_pipeline(const fs::path& directory) {
  std::error_code ignored;
  return fs::is_directory(directory / "segmentation", ignored) &&
         fs::is_directory(directory / "embedding", ignored) && fs::is_directory(directory / "plda", ignored);
}

std::optional<fs::path> find_starter() {
  const auto found = find_bundled(kStarter);
  return found && is_pipeline(*found) ? found : std::nullopt;
}

std::string names_of(const std::vector<ManifestSet>& sets) {
  std::string names = kStarter;
  for (const ManifestSet& set : sets) names += ", " + set.name;
  return names;
}

std::string directory_name(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = fs::canonical(path, ignored);
  const fs::path& named = whole.empty() ? path : whole;
  return fs::is_directory(named, ignored) ? named.filename().string() : named.stem().string();
}

ModelLocation find_named(const std::string& name, const std::string& rule) {
  std::error_code ignored;
  if (fs::exists(name, ignored)) return {name, directory_name(name), rule + ", a path"};
  const std::vector<ManifestSet> sets = read_manifests();
  const fs::path cache = read_hub_settings().cache;
  if (const ManifestSet* set = find_set(sets, name)) {
    if (const auto path = find_installed(cache, *set))
      return {*path, set->name, rule + ", in the hub's cache"};
    throw ModelNotInstalled("the model '" + name + "' is not installed", name, set->package);
  }
  if (name == kStarter) {
    if (const auto path = find_starter()) return {*path, kStarter, rule + ", bundled"};
    throw ModelError("the bundled starter model is not where it was installed: install diarize again");
  }
  if (is_repository_name(name)) {
    if (const auto path = HubCache(cache, name).find_snapshot("main")) {
      return {*path, name, rule + ", in the hub's cache"};
    }
    throw ModelNotInstalled("'" + name + "' is neither a path nor in the hub's cache", name);
  }
  throw ModelError("there is no model '" + without_user_info(name) +
                   "': it is no existing path and none of the sets (" + names_of(sets) + ")");
}

}  // namespace

fs::path model_cache_directory() {
  return read_hub_settings().cache;
}

ModelLocation find_model(const std::string& wanted) {
  if (!wanted.empty()) return find_named(wanted, "asked for");
  if (const std::string name = environment("DIARIZE_MODEL"); !name.empty())
    return find_named(name, "DIARIZE_MODEL");
  const std::vector<ManifestSet> sets = read_manifests();
  const fs::path cache = read_hub_settings().cache;
  for (const ManifestSet& set : sets) {
    if (!set.entry.empty()) continue;
    if (const auto path = find_installed(cache, set))
      return {*path, set.name,
              set.package.empty() ? "installed in the hub's cache" : "imported into the hub's cache"};
  }
  if (const auto path = find_starter()) return {*path, kStarter, "bundled", true};
  const auto open = std::find_if(sets.begin(), sets.end(), [](const ManifestSet& set) {
    return set.entry.empty() && !set.gated && set.package.empty();
  });
  throw ModelNotInstalled("no model is installed, and DIARIZE_MODEL names none",
                          open == sets.end() ? std::string() : open->name);
}

std::vector<ModelSet> list_models() {
  const fs::path cache = read_hub_settings().cache;
  std::vector<ModelSet> models;
  for (const ManifestSet& set : read_manifests()) {
    ModelSet model;
    model.name = set.name;
    model.description = set.description;
    model.licence = set.licence;
    model.package = set.package;
    if (set.package.empty()) {
      model.repository = set.repository;
      model.revision = set.revision;
    }
    model.gated = set.gated;
    model.tried = set.tried;
    model.pipeline = set.entry.empty();
    for (const ManifestFile& file : set.files) model.size_bytes += file.size_bytes;
    const auto unknown = [](const ManifestFile& file) { return file.size_bytes == 0; };
    if (std::any_of(set.files.begin(), set.files.end(), unknown)) model.size_bytes = 0;
    model.location = find_installed(cache, set).value_or(fs::path());
    models.push_back(std::move(model));
  }
  return models;
}

std::uint64_t remove_model(const std::string& name) {
  const std::vector<ManifestSet> sets = read_manifests();
  const ManifestSet* set = find_set(sets, name);
  if (set == nullptr && !is_repository_name(name)) {
    throw ModelError("there is no set '" + without_user_info(name) + "' (" + names_of(sets) +
                     ") and it is no ORG/NAME of the hub");
  }
  const HubCache cache(read_hub_settings().cache, set == nullptr ? name : set->repository);
  std::error_code ignored;
  if (!fs::is_directory(cache.directory(), ignored)) {
    throw ModelError("the model '" + name + "' is not installed: there is no '" + cache.directory().string() +
                     "'");
  }
  return cache.remove();
}

}  // namespace diar
