#include "engine/load.h"

#include "diar/errors.h"
#include "diar/models.h"
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

PipelineConfig pipeline_config(const ModelConfig& config) {
  return {config.duration_s,      config.step_s,     config.min_duration_off_s,
          config.exclude_overlap, config.clustering, config.clustering_at};
}

PldaParameters plda_parameters(const Weights& xvec_transform, const Weights& plda, std::size_t dimension) {
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

std::unique_ptr<SegmentationModel> load_segmentation_model(const std::filesystem::path& path,
                                                           const DeviceOptions& options) {
  return make_segmentation_model(*read_model_directory(path, ModelParts::kSegmentation).segmentation,
                                 options);
}

std::unique_ptr<EmbeddingModel> load_embedding_model(const std::filesystem::path& path,
                                                     const DeviceOptions& options) {
  return make_embedding_model(*read_model_directory(path, ModelParts::kEmbedding).embedding, options);
}

}  // namespace diar
