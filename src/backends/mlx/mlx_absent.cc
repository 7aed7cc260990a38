// The throwing twin of a build without MLX.
#include "backends/mlx/mlx_backend.h"
#include "diar/errors.h"

namespace diar::mlx_backend {
namespace {

[[noreturn]] void absent() {
  throw DeviceError(
      "this build has no MLX backend: 'make run DEVICE=mlx' installs MLX and builds with it (docs/mlx.md); "
      "or use --device cpu");
}

}  // namespace

bool available() noexcept {
  return false;
}
bool has_gpu() {
  return false;
}
std::unique_ptr<SegmentationModel> make_segmentation_model(const Weights&) {
  absent();
}
std::unique_ptr<EmbeddingModel> make_embedding_model(const Weights&, TrunkPrecision) {
  absent();
}
std::string device_description() {
  absent();
}

}  // namespace diar::mlx_backend
