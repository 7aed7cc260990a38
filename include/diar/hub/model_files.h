// What a model consists of, and the same weights in another format: no Python, no PyTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "diar/export.h"
#include "diar/hub/model_store.h"

namespace diar {

/// What one weight file holds.
struct WeightFileInfo {
  std::string file;     ///< relative to the model
  std::string format;   ///< "safetensors", "npz", "ONNX" or "PyTorch checkpoint"
  std::string network;  ///< "segmentation", "embedding" or "PLDA"; empty when it is none of them
  std::string layout;   ///< "PyTorch names, channels last" and the like
  std::string types;    ///< "float32", "float32, int64", ...
  std::size_t num_tensors = 0;
  std::uint64_t num_parameters = 0;             ///< numbers that the network uses
  std::uint64_t size_bytes = 0;                 ///< of the file
  std::string sha256;                           ///< of the file, in lower-case hexadecimal
  std::map<std::string, std::string> metadata;  ///< what the file says about itself: source, licence, ...
  std::string fault;                            ///< why it cannot be used; empty when it can
};

/// What a model is made of and where it comes from; texts are empty when unknown.
struct ModelInfo {
  ModelLocation location;
  std::string licence;
  std::string source;                                         ///< ORG/NAME of the hub, or words
  std::string revision;                                       ///< commit of the hub
  std::vector<std::pair<std::string, std::string>> settings;  ///< hyper-parameters by name
  std::vector<WeightFileInfo> files;
};

/// Reads every weight file of a model (directory, single file, or name as in `find_model`). A file that
/// cannot be used is reported in `fault`, not thrown. Throws `ModelError` when there is no model.
DIAR_API ModelInfo inspect_model(const std::string& model);

enum class WeightFormat {
  kSafetensors,
  kNpz,  ///< PyTorch names and order, as numpy.savez writes it
  kMlx,  ///< npz with channels last; segmentation under the names of an MLX module tree, LSTM biases summed
};

enum class WeightType { kAsStored, kFloat32, kFloat16, kBFloat16 };

struct ConvertOptions {
  WeightFormat format = WeightFormat::kSafetensors;
  WeightType type = WeightType::kAsStored;  ///< of the networks; the PLDA stays as it is
  bool overwrite = false;                   ///< replace a file, or a model directory made by this project
};

/// A file that was written.
struct ConvertedFile {
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< in lower-case hexadecimal
};

/// Writes a model (directory, single file, or name as in `find_model`) in another format. `destination` is
/// one weight file when it ends in .safetensors or .npz and the source is one network, else a directory:
/// model.json, segmentation/, embedding/, plda/, a model card (README.md) with source, revision, licence and
/// hashes, and the source's licence texts. Everything appears at once or not at all. Throws `ModelError` for
/// a source that cannot be read, `InvalidArgument` for a destination that does not fit the format or exists,
/// `OutputError` when it cannot be written.
DIAR_API std::vector<ConvertedFile> convert_model(const std::string& source,
                                                  const std::filesystem::path& destination,
                                                  const ConvertOptions& options = {});

}  // namespace diar
