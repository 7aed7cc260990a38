// A model directory in, its hyper-parameters and weights out.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/confidence_model.h"
#include "core/internal_export.h"
#include "core/tensor.h"
#include "diar/parameters.h"
#include "diar/profile.h"
#include "diar/speed.h"
#include "diar/voices.h"
#include "models/layout.h"

namespace diar {

/// Hyper-parameters of model.json or config.yaml; the defaults are community-1's.
struct ModelConfig {
  std::string name;             ///< from model.json, else the directory's name
  std::string licence;          ///< empty when not stated
  std::string source;           ///< where the weights come from, in words; empty when not stated
  std::string revision;         ///< commit of the hub that they are of; empty when not stated
  double duration_s = 10.0;     ///< window
  double step_s = 1.0;          ///< hop between windows
  bool exclude_overlap = true;  ///< embedding_exclude_overlap
  PipelineParameters parameters = PipelineParameters::defaults();  ///< all set
  std::map<Speed, PipelineParameters> parameters_at;  ///< of the modes that have numbers of their own
  Profile profile = Profile::kPyannote;               ///< that runs have unless they choose
  ConfidenceModel confidence;                         ///< of turns and frames
  VoiceCalibration voices;                            ///< of known voices' scores

  /// All set.
  DIAR_INTERNAL_API PipelineParameters parameters_of(Speed speed) const;
};

/// LDA and PLDA in pyannote's two files, D the size of embeddings and L of what is compared.
struct PldaFiles {
  Weights xvec_transform;  ///< mean1 [D], mean2 [L], lda [D, L]
  Weights plda;            ///< mu [L], tr [L, L], psi [L]
};

/// Everything a directory holds, as our networks read it; networks that are not there stay empty.
struct ModelDirectory {
  std::filesystem::path path;
  ModelConfig config;
  std::optional<Weights> segmentation;
  std::optional<Weights> embedding;
  std::optional<PldaFiles> plda;    ///< compares voices within one recording
  std::optional<PldaFiles> voices;  ///< compares voices between recordings; often there is none
};

/// Folders of a model set with the two files of `PldaFiles`, and these.
inline constexpr const char* kPldaFolder = "plda";
inline constexpr const char* kVoicesFolder = "voices";
inline constexpr const char* kXvecTransformFile = "xvec_transform.npz";
inline constexpr const char* kPldaFile = "plda.npz";

/// Throws `ModelError` when one of the two files is missing or cannot be read.
DIAR_INTERNAL_API PldaFiles read_plda_files(const std::filesystem::path& folder);

/// Which parts a caller needs.
enum class ModelParts { kAll, kSegmentation, kEmbedding };

/// model.json, else config.yaml, else the defaults; the directory's name where none is stated. Throws
/// `ModelError` when a file is malformed or of an unknown version.
DIAR_INTERNAL_API ModelConfig read_model_config(const std::filesystem::path& directory);

/// The file of a network: weights.safetensors, model.safetensors, weights.npz, pytorch_model.bin,
/// avg_model.pt or model.onnx, the first that is there, in segmentation/ or embedding/, or, when `alone`, at
/// the top. Empty without one.
DIAR_INTERNAL_API std::filesystem::path find_weight_file(const std::filesystem::path& directory,
                                                         Network network, bool alone);

/// Reads a directory (or, for one network, a single weight file). Looks for model.json, else config.yaml,
/// else takes the defaults; then for the networks' files as `find_weight_file` does. Weights come under
/// PyTorch's names and in its order whatever tool wrote them (`recognise_network`). Throws `ModelError`
/// naming what is missing, damaged, mis-shaped or of an unknown version.
DIAR_INTERNAL_API ModelDirectory read_model_directory(const std::filesystem::path& path,
                                                      ModelParts parts = ModelParts::kAll);

/// Parses the text of a model.json / config.yaml; `source` names it in errors.
DIAR_INTERNAL_API ModelConfig parse_model_json(const std::string& text, const std::string& source);
DIAR_INTERNAL_API ModelConfig parse_config_yaml(const std::string& text, const std::string& source);

}  // namespace diar
