#include "networks/registry.h"

#include <array>
#include <string_view>

#include "backends/mlx/mlx_backend.h"
#include "core/instruction_set.h"
#include "diar/errors.h"
#include "networks/campplus/encoder.h"
#include "networks/pyannet/network.h"
#include "networks/resnet34/encoder.h"

namespace diar {
namespace {

/// What a factory gets.
struct Build {
  const Weights& weights;
  Precision precision;
  const std::shared_ptr<const Executor>& executor;
};

/// A network and the tensor that tells it from others, and how to make it on one device. Adding a network or
/// a backend is adding a line to one of the tables below.
template <class Interface>
struct Entry {
  const char* tensor;
  Device device;
  std::unique_ptr<Interface> (*make)(const Build&);
};

constexpr std::array<Entry<SegmentationNetwork>, 2> kSegmentation = {{
    {"lstm.weight_ih_l0", Device::kCpu,
     [](const Build& b) { return cpu::make_pyannet(b.weights, b.executor); }},
    {"lstm.weight_ih_l0", Device::kMlx, [](const Build& b) { return mlx_backend::make_pyannet(b.weights); }},
}};

constexpr std::array<Entry<SpeakerEncoder>, 3> kEncoders = {{
    {"resnet.conv1.weight", Device::kCpu,
     [](const Build& b) {
       return make_resnet34_encoder(
           cpu::make_resnet34(b.weights, b.executor, b.precision == Precision::kMixed));
     }},
    {"resnet.conv1.weight", Device::kMlx,
     [](const Build& b) {
       return make_resnet34_encoder(mlx_backend::make_resnet34(b.weights, b.precision));
     }},
    {"xvector.tdnn.linear.weight", Device::kCpu,
     [](const Build& b) { return make_campplus_encoder(b.weights, b.executor); }},
}};

template <class Interface, std::size_t kSize>
std::shared_ptr<const Interface> make(const std::array<Entry<Interface>, kSize>& table, Device device,
                                      const Build& build) {
  // The first network also stands for weights that hold no network at all: its reader names what is missing.
  std::string_view tensor = table.front().tensor;
  for (const Entry<Interface>& entry : table) {
    if (build.weights.contains(entry.tensor)) tensor = entry.tensor;
  }
  const auto find = [&](Device on) -> const Entry<Interface>* {
    for (const Entry<Interface>& entry : table) {
      if (entry.tensor == tensor && entry.device == on) return &entry;
    }
    return nullptr;
  };
  const Entry<Interface>* found = find(resolve_device(device));
  // Not every network is there on every device; the CPU has them all.
  if (found == nullptr && device == Device::kAuto) found = find(Device::kCpu);
  if (found == nullptr) throw DeviceError("this network does not run on that device");
  return found->make(build);
}

}  // namespace

Device resolve_device(Device device) {
  switch (device) {
    case Device::kCpu:
      return Device::kCpu;
    case Device::kMlx:
      if (!mlx_backend::available())
        throw DeviceError(
            "this build has no MLX backend: docs/mlx.md says how to build with it; or use the CPU");
      return Device::kMlx;
    case Device::kAuto:
      break;
  }
  // MLX on a CPU is slower than our own kernels, so only a GPU makes it the automatic choice.
  return mlx_backend::available() && mlx_backend::has_gpu() ? Device::kMlx : Device::kCpu;
}

std::shared_ptr<const SegmentationNetwork> make_segmentation_network(
    const Weights& weights, const NetworkOptions& options, std::shared_ptr<const Executor> executor) {
  return make(kSegmentation, options.device, {weights, options.precision, executor});
}

std::shared_ptr<const SpeakerEncoder> make_speaker_encoder(const Weights& weights,
                                                           const NetworkOptions& options,
                                                           std::shared_ptr<const Executor> executor) {
  const Device device = resolve_device(options.device);
  const bool half = options.precision == Precision::kFloat16 || options.precision == Precision::kBFloat16;
  if (half && device == Device::kCpu) throw InvalidArgument("half precision needs the MLX backend");
  return make(kEncoders, options.device, {weights, options.precision, executor});
}

std::string describe_device(const NetworkOptions& options, int num_threads) {
  if (resolve_device(options.device) == Device::kMlx)
    return "mlx (" + mlx_backend::device_description() + ")";
  const bool bf16 = options.precision == Precision::kMixed && has_bf16_products();
  return "cpu (" + instruction_set_name() + (bf16 ? " BF16, " : ", ") + std::to_string(num_threads) +
         (num_threads == 1 ? " thread)" : " threads)");
}

}  // namespace diar
