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
  const char* name;
  const char* tensor;
  Device device;
  std::unique_ptr<Interface> (*make)(const Build&);
};

constexpr std::array<Entry<SegmentationNetwork>, 2> kSegmentation = {{
    {"PyanNet", "lstm.weight_ih_l0", Device::kCpu,
     [](const Build& b) { return cpu::make_pyannet(b.weights, b.executor); }},
    {"PyanNet", "lstm.weight_ih_l0", Device::kMlx,
     [](const Build& b) { return mlx_backend::make_pyannet(b.weights); }},
}};

constexpr std::array<Entry<SpeakerEncoder>, 3> kEncoders = {{
    {"ResNet34", "resnet.conv1.weight", Device::kCpu,
     [](const Build& b) {
       return make_resnet34_encoder(
           cpu::make_resnet34(b.weights, b.executor, b.precision == Precision::kMixed));
     }},
    {"ResNet34", "resnet.conv1.weight", Device::kMlx,
     [](const Build& b) {
       return make_resnet34_encoder(mlx_backend::make_resnet34(b.weights, b.precision));
     }},
    {"CAM++", "xvector.tdnn.linear.weight", Device::kCpu,
     [](const Build& b) {
       return make_campplus_encoder(b.weights, b.executor, b.precision == Precision::kMixed);
     }},
}};

// The network of these weights on the device that was asked for; `resolved` is what that means here.
template <class Interface, std::size_t kSize>
const Entry<Interface>& choose(const std::array<Entry<Interface>, kSize>& table, const Weights& weights,
                               Device asked, Device resolved) {
  // The first network also stands for weights that hold no network at all: its reader names what is missing.
  std::string_view tensor = table.front().tensor;
  for (const Entry<Interface>& entry : table) {
    if (weights.contains(entry.tensor)) tensor = entry.tensor;
  }
  const Entry<Interface>* on_cpu = nullptr;
  for (const Entry<Interface>& entry : table) {
    if (entry.tensor != tensor) continue;
    if (entry.device == resolved) return entry;
    if (entry.device == Device::kCpu) on_cpu = &entry;
  }
  // The CPU has every network.
  if (asked == Device::kAuto) return *on_cpu;
  throw DeviceError(std::string(on_cpu->name) +
                    " does not run on MLX: choose the CPU, or leave the choice to the program");
}

template <class Interface, std::size_t kSize>
std::shared_ptr<const Interface> make(const std::array<Entry<Interface>, kSize>& table, Device device,
                                      const Build& build) {
  return choose(table, build.weights, device, resolve_device(device)).make(build);
}

std::string describe_cpu(Precision precision, int num_threads) {
  const bool bf16 = precision == Precision::kMixed && has_bf16_products();
  return "cpu (" + instruction_set_name() + (bf16 ? " BF16, " : ", ") + std::to_string(num_threads) +
         (num_threads == 1 ? " thread)" : " threads)");
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
  const Device device = encoder_device(weights, options.device, resolve_device(options.device));
  const bool half = options.precision == Precision::kFloat16 || options.precision == Precision::kBFloat16;
  if (half && device == Device::kCpu) throw InvalidArgument("half precision needs the MLX backend");
  return make(kEncoders, options.device, {weights, options.precision, executor});
}

Device encoder_device(const Weights& weights, Device asked, Device resolved) {
  return choose(kEncoders, weights, asked, resolved).device;
}

std::string describe_device(const NetworkOptions& options, int num_threads, const Weights* embedding) {
  const Device resolved = resolve_device(options.device);
  const std::string cpu = describe_cpu(options.precision, num_threads);
  if (resolved != Device::kMlx) return cpu;
  const std::string mlx = "mlx (" + mlx_backend::device_description() + ")";
  if (embedding == nullptr) return mlx;
  const auto& encoder = choose(kEncoders, *embedding, options.device, resolved);
  return encoder.device == Device::kMlx ? mlx : mlx + "; " + encoder.name + " on " + cpu;
}

}  // namespace diar
