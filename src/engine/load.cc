#include "engine/load.h"

#include <cctype>
#include <cstdint>
#include <cstring>

#include "assign/scoring.h"
#include "core/fingerprint.h"
#include "diar/errors.h"
#include "diar/networks.h"
#include "models/weight_file.h"
#include "networks/registry.h"

namespace diar {
namespace {

constexpr std::size_t kMaxPldaDimension = 4096;

Eigen::VectorXd vector_of(const Weights& weights, const char* name, std::size_t size) {
  const auto values = weights.doubles(name, {size});
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(size));
}

RowMatrix matrix_of(const Weights& weights, const char* name, std::size_t rows, std::size_t columns) {
  const auto values = weights.doubles(name, {rows, columns});
  return Eigen::Map<const RowMatrix>(values.data(), static_cast<Eigen::Index>(rows),
                                     static_cast<Eigen::Index>(columns));
}

}  // namespace

PldaParameters plda_parameters(const PldaFiles& files, std::size_t dimension) {
  const auto& [xvec_transform, plda] = files;
  const Shape& mean2 = xvec_transform.at("mean2").shape;
  if (mean2.size() != 1 || mean2[0] == 0 || mean2[0] > kMaxPldaDimension) {
    throw ModelError("tensor 'mean2' in " + xvec_transform.source() + " has the impossible shape " +
                     to_string(mean2));
  }
  const std::size_t reduced = mean2[0];
  PldaParameters parameters;
  parameters.mean1 = vector_of(xvec_transform, "mean1", dimension);
  parameters.mean2 = vector_of(xvec_transform, "mean2", reduced);
  parameters.lda = matrix_of(xvec_transform, "lda", dimension, reduced);
  parameters.mu = vector_of(plda, "mu", reduced);
  parameters.tr = matrix_of(plda, "tr", reduced, reduced);
  parameters.psi = vector_of(plda, "psi", reduced);
  return parameters;
}

std::string encoder_identity(const Weights& embedding, const std::string& network) {
  Fingerprint sum;
  for (const auto& [name, tensor] : embedding.tensors()) {
    sum.add(name);
    for (const std::size_t extent : tensor.shape) sum.add(static_cast<std::uint64_t>(extent));
    // Eight bytes at a time: every run of the program computes this.
    std::uint64_t value = 0;
    std::size_t at = 0;
    for (std::uint64_t word = 0; at + sizeof(word) <= tensor.bytes.size(); at += sizeof(word)) {
      std::memcpy(&word, tensor.bytes.data() + at, sizeof(word));
      value = (value ^ word) * 0x9E3779B97F4A7C15;
      value ^= value >> 32;
    }
    sum.add(value);
    sum.add(tensor.bytes.subspan(at));
  }
  std::string id = network;
  for (char& c : id) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return id + '-' + hexadecimal(sum.value());
}

std::shared_ptr<const SegmentationNetwork> load_segmentation_network(const std::filesystem::path& path,
                                                                     const NetworkOptions& options) {
  return make_segmentation_network(*read_model_directory(path, ModelParts::kSegmentation).segmentation,
                                   options, std::make_shared<const Executor>(options.num_threads));
}

std::shared_ptr<const SpeakerEncoder> load_speaker_encoder(const std::filesystem::path& path,
                                                           const NetworkOptions& options) {
  return make_speaker_encoder(*read_model_directory(path, ModelParts::kEmbedding).embedding, options,
                              std::make_shared<const Executor>(options.num_threads));
}

std::shared_ptr<const SpeakerScoring> load_plda_scoring(const std::filesystem::path& model_dir) {
  const PldaFiles files = read_plda_files(model_dir / kPldaFolder);
  const Shape& mean1 = files.xvec_transform.at("mean1").shape;
  if (mean1.size() != 1)
    throw ModelError("tensor 'mean1' in " + files.xvec_transform.source() + " is no vector");
  return make_plda_scoring(plda_parameters(files, mean1[0]));
}

}  // namespace diar
