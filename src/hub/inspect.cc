// What the weight files of a model hold.
#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>

#include "diar/errors.h"
#include "diar/hub/model_files.h"
#include "hub/names.h"
#include "hub/provenance.h"
#include "hub/sha256.h"
#include "models/layout.h"
#include "models/model_directory.h"
#include "models/network_shapes.h"
#include "models/weight_file.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

std::string number(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::uint64_t num_numbers(const Weights& weights) {
  std::uint64_t count = 0;
  for (const auto& [name, tensor] : weights.tensors()) count += tensor.size();
  return count;
}

std::string types_of(const Weights& weights) {
  std::set<std::string_view> types;
  for (const auto& [name, tensor] : weights.tensors()) types.insert(dtype_name(tensor.dtype));
  std::string text;
  for (const std::string_view type : types) text += (text.empty() ? "" : ", ") + std::string(type);
  return text;
}

WeightFileInfo describe(const fs::path& path, const std::string& file) {
  WeightFileInfo info;
  info.file = file;
  try {
    std::error_code ignored;
    info.size_bytes = fs::file_size(path, ignored);
    info.sha256 = sha256_of_file(path);
    info.format = weight_file_format(path);
    const Weights weights = read_weight_file(path);
    info.num_tensors = weights.tensors().size();
    info.num_parameters = num_numbers(weights);
    info.types = types_of(weights);
    info.metadata = weights.metadata();
    if (is_plda(weights)) {
      info.network = "PLDA";
      return info;
    }
    const NetworkWeights network = recognise_network(weights);
    info.network = network_name(network.layout.network);
    info.layout = to_string(network.layout);
    info.num_parameters = num_numbers(network.weights);
    info.types = types_of(network.weights);
    check_network_values(network.weights);
  } catch (const ModelError& error) {
    info.fault = error.what();
  }
  return info;
}

// Parts that are good each but make no model together: the fault goes to the PLDA.
void note_misfit(const fs::path& directory, std::vector<WeightFileInfo>& files) {
  const fs::path embedding = find_weight_file(directory, Network::kEmbedding, /*alone=*/false);
  const auto place_of = [&](const std::string& name) {
    return std::find_if(files.begin(), files.end(),
                        [&](const WeightFileInfo& file) { return file.file == name; });
  };
  const auto is_good = [&](const std::string& name) {
    const auto place = place_of(name);
    return place != files.end() && place->fault.empty();
  };
  if (embedding.empty() || !is_good(embedding.lexically_relative(directory).generic_string())) return;
  std::optional<std::size_t> dimension;
  for (const std::string folder : {kPldaFolder, kVoicesFolder}) {
    const std::string transform = folder + "/" + kXvecTransformFile;
    if (!is_good(transform) || !is_good(folder + "/" + kPldaFile)) continue;
    try {
      if (!dimension)
        dimension =
            embedding_dimension(recognise_network(read_weight_file(embedding), Network::kEmbedding).weights);
      const PldaFiles both = read_plda_files(directory / folder);
      if (dimension) check_plda(both.xvec_transform, both.plda, *dimension);
    } catch (const ModelError& error) {
      place_of(transform)->fault = error.what();
    }
  }
}

std::vector<std::pair<std::string, std::string>> settings_of(const ModelConfig& config) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"duration_s", number(config.duration_s)},
      {"step_s", number(config.step_s)},
      {"min_duration_off_s", number(*config.parameters.min_duration_off_s)},
      {"exclude_overlap", config.exclude_overlap ? "true" : "false"}};
  const auto add = [&](const std::string& where, const PipelineParameters& clustering) {
    settings.emplace_back("threshold" + where, number(*clustering.threshold));
    settings.emplace_back("fa" + where, number(*clustering.fa));
    settings.emplace_back("fb" + where, number(*clustering.fb));
  };
  add("", config.parameters);
  for (const auto& [speed, own] : config.parameters_at)
    add(" (" + std::string(to_string(speed)) + ")", config.parameters_of(speed));
  return settings;
}

}  // namespace

ModelInfo inspect_model(const std::string& model) {
  ModelInfo info;
  info.location = find_model(model);
  const fs::path& path = info.location.path;
  std::error_code ignored;
  ModelConfig config;
  if (!fs::is_directory(path, ignored)) {
    info.files.push_back(describe(path, path.filename().string()));
  } else {
    config = read_model_config(path);
    info.settings = settings_of(config);
    for (const std::string& file : weight_files(path)) info.files.push_back(describe(path / file, file));
    note_misfit(path, info.files);
    if (info.files.empty()) throw ModelError("'" + path.string() + "' holds no weight files");
  }
  const Provenance known = provenance_of(info.location, config);
  info.source = known.source;
  info.revision = known.revision;
  info.licence = known.licence;
  // A single file may know more about itself than its place does.
  const auto& metadata = info.files.front().metadata;
  const auto take = [&](std::string& value, const char* key) {
    if (const auto place = metadata.find(key); value.empty() && place != metadata.end())
      value = without_user_info(place->second);
  };
  take(info.source, "source");
  take(info.revision, "revision");
  take(info.licence, "licence");
  return info;
}

}  // namespace diar
