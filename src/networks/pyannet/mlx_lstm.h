// A sequence of frames in, the hidden states of both directions of an LSTM out.
#pragma once

#include <string>
#include <vector>

#include "backends/mlx/runtime.h"
#include "core/tensor.h"

namespace diar::mlx_backend {

/// One bidirectional layer; MLX itself has none. Both directions and all windows of the batch take a step
/// together, so a step is one product and one fused element-wise kernel.
class BidirectionalLstm {
 public:
  /// Tensors `lstm.weight_ih_l<layer>` and so on, PyTorch's names and gate order (i, f, g, o).
  BidirectionalLstm(const Weights& weights, std::size_t layer, std::size_t inputs);

  /// x [B, T, inputs] -> [B, T, 256], forward states before backward ones. The result is evaluated:
  /// the graph ends with each layer.
  mx::array operator()(const mx::array& x, const mx::Device& device) const;

  /// For the evaluation at load.
  std::vector<mx::array> parameters() const { return {input_, bias_, recurrent_}; }

 private:
  mx::array input_;      // [inputs, 2 * 512]
  mx::array bias_;       // [2 * 512], the sum of both biases
  mx::array recurrent_;  // [2, 128, 512]
  std::function<std::vector<mx::array>(const std::vector<mx::array>&)> cell_;
};

}  // namespace diar::mlx_backend
