// The way back: a network as MLX wants it.
#include "diar/errors.h"
#include "models/layout.h"
#include "models/layout_campplus.h"
#include "models/layout_names.h"
#include "models/tensor_types.h"

namespace diar {
namespace {

constexpr std::string_view kFirstBias = "lstm.bias_ih_l";

// In float, as the backends add them too.
Tensor summed(const Tensor& first, const Tensor& second, const std::string& name) {
  std::vector<float> sum = first.to_float();
  const std::vector<float> other = second.to_float();
  for (std::size_t i = 0; i < sum.size() && i < other.size(); ++i) sum[i] += other[i];
  return converted(Tensor::from(sum, first.shape), first.dtype, name);
}

}  // namespace

Weights to_mlx_layout(const Weights& weights, Network network) {
  if (is_campplus(weights))
    throw ModelError(weights.source() + ": a CAM++ has no MLX form; choose another format");
  Weights out(weights.source());
  for (const auto& [name, tensor] : weights.tensors()) {
    const bool filter =
        network == Network::kSegmentation ? tensor.shape.size() == 3 : tensor.shape.size() == 4;
    const std::string stored = network == Network::kSegmentation ? mlx_module_name(name) : name;
    if (stored.empty()) continue;
    if (name.starts_with(kFirstBias)) {
      const std::string second = "lstm.bias_hh_l" + name.substr(kFirstBias.size());
      out.insert(stored, summed(tensor, weights.at(second), name));
    } else {
      out.insert(stored, filter ? to_channels_last(tensor) : tensor);
    }
  }
  return out;
}

}  // namespace diar
