#include "networks/registry.h"

#include "backends/cpu/cpu_backend.h"
#include "backends/mlx/mlx_backend.h"
#include "core/thread_pool.h"
#include "diar/errors.h"

namespace diar {
namespace {

bool use_mlx(Device device) {
  switch (device) {
    case Device::kCpu:
      return false;
    case Device::kMlx:
      return true;
    case Device::kAuto:
      break;
  }
  // MLX on a CPU is slower than our own kernels, so only a GPU makes it the automatic choice.
  return mlx_backend::available() && mlx_backend::has_gpu();
}

}  // namespace

std::unique_ptr<SegmentationModel> make_segmentation_model(const Weights& weights,
                                                           const DeviceOptions& options) {
  if (use_mlx(options.device)) return mlx_backend::make_segmentation_model(weights);
  return cpu::make_segmentation_model(weights, options.num_threads);
}

std::unique_ptr<EmbeddingModel> make_embedding_model(const Weights& weights, const DeviceOptions& options) {
  if (use_mlx(options.device)) return mlx_backend::make_embedding_model(weights, options.trunk_precision);
  const bool mixed = options.trunk_precision == TrunkPrecision::kMixed;
  if (!mixed && options.trunk_precision != TrunkPrecision::kFloat32)
    throw InvalidArgument("half precision needs the MLX backend: add --device mlx");
  return cpu::make_embedding_model(weights, options.num_threads, mixed);
}

std::string describe_device(const DeviceOptions& options) {
  if (use_mlx(options.device)) return "mlx (" + mlx_backend::device_description() + ")";
  const int num_threads = options.num_threads > 0 ? options.num_threads : default_num_threads();
  const bool bf16 = options.trunk_precision == TrunkPrecision::kMixed && cpu::has_bf16_products();
  return "cpu (" + cpu::instruction_set() + (bf16 ? " BF16, " : ", ") + std::to_string(num_threads) +
         (num_threads == 1 ? " thread)" : " threads)");
}

}  // namespace diar
