#include "models/model_directory.h"

#include <array>
#include <cmath>
#include <system_error>

#include "diar/errors.h"
#include "models/layout.h"
#include "models/network_shapes.h"
#include "models/regular_file.h"
#include "models/weight_file.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

// community-1's has 444 bytes; yaml-cpp takes up to 140 for each.
constexpr std::uintmax_t kMaxConfigBytes = 1 << 18;
constexpr std::array kWeightFiles = {"weights.safetensors", "model.safetensors", "weights.npz",
                                     "pytorch_model.bin",   "avg_model.pt",      "model.onnx"};

std::string read_config_text(const fs::path& path) {
  return read_regular_file(path, kMaxConfigBytes);
}

Weights read_network_file(const fs::path& path, Network network) {
  return recognise_network(read_weight_file(path), network).weights;
}

// `alone`: the directory may be that of one network, with its file at the top, as the hub has them.
Weights read_network(const fs::path& directory, Network network, bool alone) {
  const fs::path file = find_weight_file(directory, network, alone);
  if (!file.empty()) return read_network_file(file, network);
  throw ModelError("the model '" + directory.string() + "' has no " + std::string(network_name(network)) +
                   "/weights.safetensors, weights.npz or pytorch_model.bin");
}

Weights read_required(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) throw ModelError("the model lacks '" + path.string() + "'");
  return read_weight_file(path);
}

// One network can also be given as its weight file alone.
ModelDirectory read_single_file(const fs::path& path, ModelParts parts) {
  ModelDirectory model;
  model.path = path;
  model.config.name = path.stem().string();
  if (parts == ModelParts::kSegmentation)
    model.segmentation = read_network_file(path, Network::kSegmentation);
  if (parts == ModelParts::kEmbedding) model.embedding = read_network_file(path, Network::kEmbedding);
  if (parts == ModelParts::kAll)
    throw ModelError("'" + path.string() + "' is a file; a whole model is a directory");
  return model;
}

}  // namespace

ModelConfig read_model_config(const fs::path& directory) {
  std::error_code ignored;
  const fs::path json = directory / "model.json";
  const fs::path yaml = directory / "config.yaml";
  ModelConfig config;
  if (fs::exists(json, ignored)) {
    config = parse_model_json(read_config_text(json), json.string());
  } else if (fs::exists(yaml, ignored)) {
    config = parse_config_yaml(read_config_text(yaml), yaml.string());
  }
  if (config.name.empty()) {
    const fs::path name =
        directory.has_filename() ? directory.filename() : directory.parent_path().filename();
    config.name = name.string();
  }
  return config;
}

fs::path find_weight_file(const fs::path& directory, Network network, bool alone) {
  std::error_code ignored;
  for (const fs::path& folder : {directory / network_name(network), alone ? directory : fs::path()}) {
    for (const char* name : kWeightFiles) {
      if (!folder.empty() && fs::exists(folder / name, ignored)) return folder / name;
    }
  }
  return {};
}

PldaFiles read_plda_files(const fs::path& folder) {
  return {read_required(folder / kXvecTransformFile), read_required(folder / kPldaFile)};
}

ModelDirectory read_model_directory(const fs::path& path, ModelParts parts) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return read_single_file(path, parts);
  if (!fs::is_directory(path, ignored)) {
    throw ModelError("there is no model at '" + path.string() + "': neither a directory nor a file");
  }
  ModelDirectory model;
  model.path = path;
  model.config = read_model_config(path);
  const bool alone = parts != ModelParts::kAll;
  if (parts != ModelParts::kEmbedding) model.segmentation = read_network(path, Network::kSegmentation, alone);
  if (parts != ModelParts::kSegmentation) model.embedding = read_network(path, Network::kEmbedding, alone);
  if (parts == ModelParts::kAll) {
    model.plda = read_plda_files(path / kPldaFolder);
    if (fs::is_directory(path / kVoicesFolder, ignored)) model.voices = read_plda_files(path / kVoicesFolder);
    if (const auto dimension = embedding_dimension(*model.embedding)) {
      check_plda(model.plda->xvec_transform, model.plda->plda, *dimension);
      if (model.voices) check_plda(model.voices->xvec_transform, model.voices->plda, *dimension);
    }
  }
  return model;
}

}  // namespace diar
