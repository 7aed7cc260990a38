// An ONNX graph in, its layers in the order in which they are computed out: what they are, and their weights.
#pragma once

#include <string>
#include <vector>

#include "models/onnx_graph.h"

namespace diar {

struct OnnxLayer {
  enum class Kind { kConvolution, kLinear, kLstm, kInstanceNorm, kBatchNorm, kScalar, kOther };
  Kind kind = Kind::kOther;
  /// All that changes what it computes, but for its weights: "Conv [60, 80, 5] strides 1 pads 0 0 dilations
  /// 1", "LeakyRelu 0.01". Axes that only order data are left out.
  std::string text;
  /// A convolution's filters [out, in, taps...], unless the graph computes them; a linear layer's matrix [out,
  /// in]; an LSTM's W, R and B; a norm's weight and bias, of a batch norm then mean and variance.
  std::vector<Tensor> weights;
  std::vector<Tensor> bias;  ///< one, or none
  /// Of a batch norm that takes what this convolution gives, and nothing else does: its four tensors.
  std::vector<Tensor> norm;
  std::vector<Tensor> subtracted;  ///< from what a linear layer gives: one, or none
};

struct OnnxLayers {
  std::vector<OnnxLayer> layers;
  /// Constants whose magnitudes the graph takes, in order: a sinc filter bank's edges and widths.
  std::vector<Tensor> magnitudes;
  std::size_t num_segment_means = 0;  ///< averages of 100 frames, as a CAM++ takes them
};

/// Throws `ModelError` for an operator that no network of ours can have, or for weights that are computed.
OnnxLayers layers_of(const OnnxGraph& graph, const std::string& source);

/// "[60, 80, 5] strides 1 pads 0 0 dilations 1": how the text of a convolution or a pooling ends. A number that
/// stands alone is that of every axis.
std::string taps_text(const std::string& filters, std::size_t num_axes, const std::string& strides,
                      const std::string& pads, const std::string& dilations);

}  // namespace diar
