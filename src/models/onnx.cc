#include "models/onnx.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "models/layout.h"
#include "models/layout_campplus.h"
#include "models/onnx_graph.h"
#include "models/onnx_layers.h"
#include "models/onnx_plans.h"

namespace diar {
namespace {

using Kind = OnnxLayer::Kind;

// Takes the layers one after the other, as the plan has them.
class Taker {
 public:
  Taker(const OnnxLayers& layers, const OnnxPlan& plan, const std::string& source)
      : layers_(layers), plan_(plan), source_(source), weights_(source) {}

  Weights take() {
    std::size_t at = 0;
    for (const OnnxStep& step : plan_.steps) {
      while (step.skips_arithmetic && at < layers_.layers.size() && layers_.layers[at].kind == Kind::kScalar)
        ++at;
      if (step.name == kOnnxSincBank && at < layers_.layers.size() && !layers_.layers[at].weights.empty()) {
        differs(
            "sinc filters that were computed beforehand, whose edges are lost: export it without a "
            "simplifier");
      }
      const std::string found = at < layers_.layers.size() ? layers_.layers[at].text : "its end";
      if (found != step.text) differs("'" + found + "' where '" + step.text + "' should be");
      take_layer(layers_.layers[at++], step);
    }
    if (at < layers_.layers.size()) differs("'" + layers_.layers[at].text + "' after its end");
    return std::move(weights_);
  }

 private:
  [[noreturn]] void differs(const std::string& what) const {
    throw ModelError(source_ + ": like " + plan_.kind + ", but with " + what);
  }

  void put(const std::string& name, const Tensor& tensor, const Shape& shape) {
    if (tensor.shape != shape)
      differs("a " + quoted_name(name) + " of shape " + to_string(tensor.shape) + ", not " +
              to_string(shape));
    weights_.insert(name, tensor);
  }

  void put_bias(const OnnxLayer& layer, const std::string& name) {
    if (layer.bias.size() != 1) differs("no " + quoted_name(name));
    put(name, layer.bias[0], {layer.weights[0].shape[0]});
  }

  void put_all(const std::vector<Tensor>& tensors, const std::string& base,
               std::initializer_list<const char*> parts) {
    std::size_t i = 0;
    for (const char* part : parts) {
      put(base + part, tensors[i], {num_elements(tensors[0].shape)});
      ++i;
    }
  }

  void take_layer(const OnnxLayer& layer, const OnnxStep& step) {
    switch (step.kind) {
      case Kind::kConvolution:
        step.name == kOnnxSincBank ? take_sinc_bank() : take_convolution(layer, step);
        break;
      case Kind::kLinear:
        take_linear(layer, step.name);
        break;
      case Kind::kLstm:
        take_lstm(layer, step.name);
        break;
      case Kind::kInstanceNorm:
        put_all(layer.weights, step.name, {".weight", ".bias"});
        break;
      case Kind::kBatchNorm:
        put_all(layer.weights, step.name, {".weight", ".bias", ".running_mean", ".running_var"});
        break;
      default:
        break;
    }
  }

  // The graph computes the filters from |low_hz_|, then |band_hz_|.
  void take_sinc_bank() {
    if (layers_.magnitudes.size() != 2) differs("no bank of sinc filters");
    put(std::string(kOnnxSincBank) + "low_hz_", layers_.magnitudes[0], {40, 1});
    put(std::string(kOnnxSincBank) + "band_hz_", layers_.magnitudes[1], {40, 1});
  }

  void take_convolution(const OnnxLayer& layer, const OnnxStep& step) {
    weights_.insert(step.name + ".weight", layer.weights[0]);
    if (step.has_bias) return put_bias(layer, step.name + ".bias");
    if (step.norm.empty()) {
      if (!layer.bias.empty() || !layer.norm.empty())
        differs("a bias or a norm after " + quoted_name(step.name));
    } else if (layer.norm.empty()) {
      take_folded_norm(layer, step);
    } else if (step.is_affine) {
      put_all(layer.norm, step.norm, {".weight", ".bias", ".running_mean", ".running_var"});
    } else {
      take_plain_norm(layer, step.norm);
    }
  }

  // Filters and bias hold the norm already; what takes its place changes nothing but adds the bias.
  void take_folded_norm(const OnnxLayer& layer, const OnnxStep& step) {
    if (layer.bias.size() != 1) differs("no norm after " + quoted_name(step.name));
    const std::size_t channels = layer.weights[0].shape[0];
    const auto same = [&](float value) {
      return Tensor::from(std::vector<float>(channels, value), {channels});
    };
    // With the norm's epsilon, 1e-5, this is a deviation of one.
    weights_.insert(step.norm + ".running_var", same(0.99999f));
    if (step.is_affine) {
      put(step.norm + ".bias", layer.bias[0], {channels});
      weights_.insert(step.norm + ".weight", same(1.0f));
      weights_.insert(step.norm + ".running_mean", same(0.0f));
      return;
    }
    std::vector<float> mean = layer.bias[0].to_float();
    for (float& value : mean) value = -value;
    put(step.norm + ".running_mean", Tensor::from(mean, layer.bias[0].shape), {channels});
  }

  // One without a weight and a bias, for which exporters write ones and zeros.
  void take_plain_norm(const OnnxLayer& layer, const std::string& name) {
    const std::vector<float> weight = layer.norm[0].to_float(), bias = layer.norm[1].to_float();
    const auto is = [](float wanted) { return [wanted](float value) { return value == wanted; }; };
    if (!std::all_of(weight.begin(), weight.end(), is(1.0f)) ||
        !std::all_of(bias.begin(), bias.end(), is(0.0f)))
      differs("a weight or bias in " + quoted_name(name));
    put_all({layer.norm[2], layer.norm[3]}, name, {".running_mean", ".running_var"});
  }

  void take_linear(const OnnxLayer& layer, const std::string& name) {
    weights_.insert(name + ".weight", layer.weights[0]);
    put_bias(layer, name + ".bias");
    if (layer.subtracted.empty()) return;
    const std::size_t size = layer.weights[0].shape[0];
    std::vector<float> bias = layer.bias[0].to_float();
    const std::vector<float> mean = layer.subtracted[0].to_float();
    for (std::size_t i = 0; i < size; ++i) bias[i] -= mean[i];
    weights_.insert(name + ".bias", Tensor::from(bias, {size}));
  }

  // Rows of ONNX's gates (input, output, forget, cell) in PyTorch's order (input, forget, cell, output), of one
  // direction. `begin` and `rows` count from the direction's first row.
  static Tensor gates(const Tensor& tensor, std::size_t direction, std::size_t begin, std::size_t rows,
                      Shape shape) {
    constexpr std::array<std::size_t, 4> kOrder = {0, 2, 3, 1};
    const std::size_t width = num_elements(shape) / rows;
    const std::size_t gate = rows / 4 * width;
    const std::vector<float> all = tensor.to_float();
    const std::size_t first = direction * (all.size() / 2) + begin * width;
    std::vector<float> out;
    out.reserve(rows * width);
    for (const std::size_t from : kOrder) {
      const auto place = all.begin() + static_cast<std::ptrdiff_t>(first + from * gate);
      out.insert(out.end(), place, place + static_cast<std::ptrdiff_t>(gate));
    }
    return Tensor::from(out, std::move(shape));
  }

  void take_lstm(const OnnxLayer& layer, const std::string& number) {
    const Tensor& input = layer.weights[0];
    const Tensor& hidden = layer.weights[1];
    const Tensor& bias = layer.weights[2];
    const std::size_t rows = input.shape[1], units = rows / 4;
    if (hidden.shape != Shape{2, rows, units} || bias.shape != Shape{2, 2 * rows})
      differs("an LSTM of other shapes");
    for (std::size_t direction = 0; direction < 2; ++direction) {
      const std::string suffix = "_l" + number + (direction == 0 ? "" : "_reverse");
      weights_.insert("lstm.weight_ih" + suffix, gates(input, direction, 0, rows, {rows, input.shape[2]}));
      weights_.insert("lstm.weight_hh" + suffix, gates(hidden, direction, 0, rows, {rows, units}));
      weights_.insert("lstm.bias_ih" + suffix, gates(bias, direction, 0, rows, {rows}));
      weights_.insert("lstm.bias_hh" + suffix, gates(bias, direction, rows, rows, {rows}));
    }
  }

  const OnnxLayers& layers_;
  const OnnxPlan& plan_;
  const std::string& source_;
  Weights weights_;
};

// Both ways to train a CAM++ give the same graph: the names of inputs are WeSpeaker's, or the file says it.
std::string features_of(const OnnxGraph& graph) {
  const auto framework = graph.metadata.find("framework");
  const bool is_wespeaker = framework != graph.metadata.end()
                                ? framework->second == "wespeaker"
                                : !graph.inputs.empty() && graph.inputs[0] == "feats";
  return is_wespeaker ? kCampplusFeaturesWeSpeaker : kCampplusFeatures3dSpeaker;
}

}  // namespace

Weights parse_onnx(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                   const std::string& source) {
  const OnnxGraph graph = read_onnx_graph(bytes, owner, source);
  const OnnxLayers layers = layers_of(graph, source);
  const OnnxPlan plan = onnx_plan_of(layers, source);
  Weights weights = Taker(layers, plan, source).take();
  if (is_campplus(weights)) weights.set_metadata({{kCampplusFeatures, features_of(graph)}});
  return weights;
}

}  // namespace diar
