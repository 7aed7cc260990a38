// The layers of an ONNX graph in, the network of ours that they must be, layer by layer, out.
#pragma once

#include <string>
#include <vector>

#include "models/onnx_layers.h"

namespace diar {

/// What PyTorch calls the edges and widths of the sinc filters: the name of the step that computes them.
inline constexpr const char* kOnnxSincBank = "sincnet.conv1d.0.filterbank.";

/// One layer that a network must have, and how PyTorch calls its weights.
struct OnnxStep {
  OnnxLayer::Kind kind = OnnxLayer::Kind::kOther;
  std::string text;       ///< as `OnnxLayer::text`
  std::string name = {};  ///< before ".weight"; "" when it has no weights; an LSTM's number
  std::string norm = {};  ///< of the batch norm after a convolution; "" when there is none
  bool has_bias = false;
  bool is_affine = true;          ///< whether that norm has a weight and a bias in PyTorch
  bool skips_arithmetic = false;  ///< after a mean and a deviation: sums and products with numbers
};

struct OnnxPlan {
  std::string kind;  ///< for messages: "a CAM++ embedding network"
  std::vector<OnnxStep> steps;
};

/// The network is told by what only it has, its sizes by the first and the last layer. Throws `ModelError`
/// when it is none of ours.
OnnxPlan onnx_plan_of(const OnnxLayers& layers, const std::string& source);

}  // namespace diar
