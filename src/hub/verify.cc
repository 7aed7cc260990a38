// Checking the files of a model against the hashes that are known of them.
#include <algorithm>
#include <cmath>
#include <optional>
#include <system_error>

#include "diar/engine.h"
#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "hub/manifest.h"
#include "hub/names.h"
#include "hub/sha256.h"
#include "models/layout.h"
#include "models/model_directory.h"
#include "models/network_shapes.h"
#include "models/weight_file.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 10000;

std::vector<std::string> files_of(const fs::path& root) {
  std::error_code error;
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator entry(root, error), end; entry != end && !error;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with(".")) {
      entry.disable_recursion_pending();
    } else if (!entry->is_directory(error)) {
      files.push_back(entry->path().lexically_relative(root).string());
    }
    if (files.size() > kMaxFiles)
      throw ModelError("'" + root.string() + "' holds too many files for a model");
  }
  if (error) throw ModelError("cannot read '" + root.string() + "': " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

// The network that a file of this name must hold; nothing for files that are not loaded.
struct Slot {
  bool is_network = false;
  std::optional<Network> network;  // either, without one
};

Slot slot_of(const fs::path& root, const fs::path& path) {
  for (const Network network : {Network::kSegmentation, Network::kEmbedding}) {
    if (find_weight_file(root, network, /*alone=*/false) == path) return {true, network};
    if (find_weight_file(root, network, /*alone=*/true) == path) return {true, std::nullopt};
  }
  return {};
}

bool is_pipeline(const fs::path& root) {
  std::error_code ignored;
  return !find_weight_file(root, Network::kSegmentation, false).empty() &&
         !find_weight_file(root, Network::kEmbedding, false).empty() &&
         fs::is_directory(root / "plda", ignored);
}

// What every part alone cannot show: loads the model as a run does. Empty when that works.
std::string fault_of_set(const fs::path& root) {
  EngineOptions options;
  options.device = Device::kCpu;
  options.num_threads = 1;
  try {
    Engine::load(root, options).voice_scoring();
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

// Empty when every number of every tensor is finite.
std::string fault_of_weights(const fs::path& path, const Slot& slot) {
  try {
    const Weights weights = read_weight_file(path);
    if (slot.is_network && (slot.network || !is_plda(weights)))
      check_network_values(recognise_network(weights, slot.network).weights);
    for (const auto& [name, tensor] : weights.tensors()) {
      const std::vector<double> values = tensor.to_double();
      if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) {
        return "tensor '" + name + "' holds NaN or infinity";
      }
    }
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

// The hub's cache names the content of large files by their SHA-256.
std::string name_of_blob(const fs::path& path) {
  std::error_code error;
  const std::string name = fs::read_symlink(path, error).filename().string();
  return !error && is_sha256(name) ? name : std::string();
}

FileCheck check_file(const fs::path& path, const std::string& file, const ManifestSet* set,
                     const Slot& slot) {
  FileCheck check;
  check.file = file;
  try {
    check.sha256 = sha256_of_file(path);
  } catch (const ModelError& error) {
    return {file, false, error.what(), {}};
  }
  std::string pinned;
  if (set != nullptr) {
    for (const ManifestFile& known : set->files) {
      if (known.path == file) pinned = known.sha256;
    }
  }
  const std::string blob = name_of_blob(path);
  const std::string& expected = pinned.empty() ? blob : pinned;
  if (!expected.empty() && check.sha256 != expected) {
    check.good = false;
    check.detail = "its SHA-256 is not " + expected + ": remove the model and pull it again";
    return check;
  }
  check.detail = !pinned.empty() ? "SHA-256 as in the manifest"
                 : !blob.empty() ? "SHA-256 as the hub announced it"
                                 : "no SHA-256 known to compare with";
  if (!is_weight_file_name(file)) return check;
  const std::string fault = fault_of_weights(path, slot);
  check.good = fault.empty();
  check.detail = check.good ? check.detail + ", every tensor is finite" : fault;
  return check;
}

}  // namespace

std::vector<FileCheck> verify_model(const std::string& model) {
  const ModelLocation location = find_model(model);
  const std::vector<ManifestSet> sets = read_manifests();
  const ManifestSet* set = find_set(sets, location.name);
  std::error_code ignored;
  if (!fs::is_directory(location.path, ignored)) {
    return {check_file(location.path, location.path.filename().string(), set, {true, std::nullopt})};
  }
  std::vector<FileCheck> checks;
  for (const std::string& file : files_of(location.path))
    checks.push_back(
        check_file(location.path / file, file, set, slot_of(location.path, location.path / file)));
  if (checks.empty()) throw ModelError("'" + location.path.string() + "' holds no files");
  const auto good = [](const FileCheck& check) { return check.good; };
  if (is_pipeline(location.path) && std::all_of(checks.begin(), checks.end(), good)) {
    const std::string fault = fault_of_set(location.path);
    checks.push_back({"(all together)", fault.empty(), fault.empty() ? "loads" : fault, {}});
  }
  return checks;
}

}  // namespace diar
