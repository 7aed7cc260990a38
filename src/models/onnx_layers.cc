#include "models/onnx_layers.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "diar/errors.h"
#include "models/layout.h"

namespace diar {
namespace {

using Kind = OnnxLayer::Kind;

// They order data, or compute sizes.
constexpr std::array<std::string_view, 17> kOrdering = {
    "Cast",  "Concat", "ConstantOfShape", "Equal", "Expand",    "Flatten", "Gather", "Identity", "Range",
    "Shape", "Slice",  "Squeeze",         "Tile",  "Transpose", "Reshape", "Where",  "Unsqueeze"};
// Sums, products and averages of data; with a constant they are layers.
constexpr std::array<std::string_view, 9> kArithmetic = {
    "Add", "Div", "Mul", "Pow", "ReduceMean", "ReduceProd", "ReduceSum", "Sqrt", "Sub"};
constexpr std::array<std::string_view, 5> kActivations = {"Abs", "LogSoftmax", "Relu", "Sigmoid", "Softmax"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += (text.empty() ? "" : " ") + std::to_string(number);
  return text;
}

std::string list_of(const OnnxNode& node, std::string_view name, std::size_t count, std::int64_t otherwise) {
  const OnnxAttribute* attribute = node.attribute(name);
  return joined(attribute != nullptr ? attribute->list : std::vector<std::int64_t>(count, otherwise));
}

std::string short_number(float value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", static_cast<double>(value));
  return text.data();
}

float real_of(const OnnxNode& node, std::string_view name, float otherwise) {
  const OnnxAttribute* attribute = node.attribute(name);
  return attribute != nullptr ? attribute->real : otherwise;
}

Tensor transposed(const Tensor& tensor) {
  const std::vector<float> from = tensor.to_float();
  const std::size_t rows = tensor.shape[0], columns = tensor.shape[1];
  std::vector<float> to(from.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
  return Tensor::from(to, {columns, rows});
}

// What is known of a value of the graph.
struct Value {
  const Tensor* tensor = nullptr;    // a constant that the file holds
  bool is_transposed = false;        // of a matrix: the tensor's rows are the value's columns
  bool is_constant = false;          // depends on constants or on sizes alone
  std::optional<std::size_t> layer;  // which gave it, when only the order of axes has changed since
};

class LayerReader {
 public:
  LayerReader(const OnnxGraph& graph, const std::string& source) : graph_(graph), source_(source) {
    for (const auto& [name, tensor] : graph.tensors) values_[name] = {&tensor, false, true, {}};
    for (const std::string_view name : graph.numbers) values_[name] = {nullptr, false, true, {}};
    for (const OnnxNode& node : graph.nodes)
      for (const std::string_view input : node.inputs) ++num_uses_[input];
  }

  OnnxLayers read() {
    for (const OnnxNode& node : graph_.nodes) read_node(node);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const OnnxNode& node, const std::string& what) const {
    throw ModelError(source_ + ": its operator " + quoted_name(node.op) + " " + what +
                     ": not a network of ours as its exporter writes it");
  }

  Value value(const OnnxNode& node, std::size_t input) const {
    if (input >= node.inputs.size()) return {};
    const auto place = values_.find(node.inputs[input]);
    return place == values_.end() ? Value{} : place->second;
  }

  bool has_input(const OnnxNode& node, std::size_t input) const {
    return input < node.inputs.size() && !node.inputs[input].empty();
  }

  const Tensor& tensor(const OnnxNode& node, std::size_t input) const {
    const Value known = value(node, input);
    if (known.tensor == nullptr || known.is_transposed) fail(node, "has weights that the file does not hold");
    return *known.tensor;
  }

  void give(const OnnxNode& node, Value value) {
    for (const std::string_view output : node.outputs) {
      if (output.empty()) continue;
      if (!values_.emplace(output, value).second) fail(node, "gives a value twice");
    }
  }

  // A layer, whose first output is data.
  OnnxLayer& add(const OnnxNode& node, Kind kind, std::string text) {
    out_.layers.push_back({kind, std::move(text), {}, {}, {}, {}});
    give(node, {nullptr, false, false, out_.layers.size() - 1});
    return out_.layers.back();
  }

  void read_node(const OnnxNode& node) {
    bool constant = !node.inputs.empty();
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      constant &= !has_input(node, i) || value(node, i).is_constant;
    if (constant) return read_constant(node);
    if (node.op == "Shape") return give(node, {nullptr, false, true, {}});
    if (node.op == "Conv") return read_convolution(node);
    if (node.op == "BatchNormalization") return read_batch_norm(node);
    if (node.op == "InstanceNormalization") return read_instance_norm(node);
    if (node.op == "LSTM") return read_lstm(node);
    if (node.op == "MatMul") return read_matrix_product(node);
    if (node.op == "Gemm") return read_gemm(node);
    if (node.op == "MaxPool") return read_max_pool(node);
    if (node.op == "AveragePool") return read_average_pool(node);
    if (node.op == "LeakyRelu") {
      add(node, Kind::kOther, "LeakyRelu " + short_number(real_of(node, "alpha", 0.01f)));
    } else if (is_one_of(kActivations, node.op)) {
      add(node, Kind::kOther, std::string(node.op));
    } else if (is_one_of(kOrdering, node.op)) {
      const bool moves = node.op != "Gather" && node.op != "Slice" && node.op != "Concat";
      give(node, {nullptr, false, false, moves ? value(node, 0).layer : std::nullopt});
    } else if (is_one_of(kArithmetic, node.op)) {
      read_arithmetic(node);
    } else {
      fail(node, "has no place in our networks");
    }
  }

  void read_constant(const OnnxNode& node) {
    const Value first = value(node, 0);
    Value result{nullptr, false, true, {}};
    if (node.op == "Identity") result = first;
    if (node.op == "Transpose" && first.tensor != nullptr && first.tensor->shape.size() == 2) {
      const OnnxAttribute* axes = node.attribute("perm");
      const bool swaps = axes == nullptr || joined(axes->list) == "1 0";
      result = {first.tensor, first.is_transposed != swaps, true, {}};
    }
    if (node.op == "Abs" && first.tensor != nullptr) out_.magnitudes.push_back(*first.tensor);
    give(node, result);
  }

  void read_convolution(const OnnxNode& node) {
    const Value filters = value(node, 1);
    const OnnxAttribute* pad = node.attribute("auto_pad");
    const OnnxAttribute* group = node.attribute("group");
    if (pad != nullptr && pad->text != "NOTSET") fail(node, "pads by itself");
    if (group != nullptr && group->number != 1) fail(node, "has groups");
    if (!filters.is_constant || filters.is_transposed) fail(node, "has no constant filters");
    std::string shape = "computed [" + list_of(node, "kernel_shape", 0, 0) + "]";
    std::size_t num_axes = 1;
    if (filters.tensor != nullptr) {
      shape = to_string(filters.tensor->shape);
      if (filters.tensor->shape.size() < 3) fail(node, "has filters of shape " + shape);
      num_axes = filters.tensor->shape.size() - 2;
    }
    std::vector<Tensor> bias;
    if (has_input(node, 2)) bias.push_back(tensor(node, 2));
    OnnxLayer& layer = add(
        node, Kind::kConvolution,
        "Conv " + taps_text(shape, num_axes, list_of(node, "strides", num_axes, 1),
                            list_of(node, "pads", 2 * num_axes, 0), list_of(node, "dilations", num_axes, 1)));
    if (filters.tensor != nullptr) layer.weights = {*filters.tensor};
    layer.bias = std::move(bias);
  }

  void read_batch_norm(const OnnxNode& node) {
    const OnnxAttribute* training = node.attribute("training_mode");
    if (training != nullptr && training->number != 0) fail(node, "is in training");
    if (short_number(real_of(node, "epsilon", 1e-5f)) != "1e-05") fail(node, "has another epsilon");
    std::vector<Tensor> parts = {tensor(node, 1), tensor(node, 2), tensor(node, 3), tensor(node, 4)};
    const std::optional<std::size_t> before = value(node, 0).layer;
    if (before && out_.layers[*before].kind == Kind::kConvolution && out_.layers[*before].norm.empty() &&
        out_.layers[*before].bias.empty() && num_uses_[node.inputs[0]] == 1) {
      out_.layers[*before].norm = std::move(parts);
      return give(node, {nullptr, false, false, {}});
    }
    const std::string shape = to_string(parts[0].shape);
    add(node, Kind::kBatchNorm, "BatchNormalization " + shape).weights = std::move(parts);
  }

  void read_instance_norm(const OnnxNode& node) {
    std::vector<Tensor> parts = {tensor(node, 1), tensor(node, 2)};
    const std::string text = "InstanceNormalization " + to_string(parts[0].shape) + " " +
                             short_number(real_of(node, "epsilon", 1e-5f));
    add(node, Kind::kInstanceNorm, text).weights = std::move(parts);
  }

  void read_lstm(const OnnxNode& node) {
    for (const OnnxAttribute& attribute : node.attributes) {
      const bool plain =
          attribute.name == "hidden_size" || attribute.name == "direction" ||
          ((attribute.name == "layout" || attribute.name == "input_forget") && attribute.number == 0);
      if (!plain) fail(node, "has the option " + quoted_name(attribute.name));
    }
    if (has_input(node, 4) || has_input(node, 7)) fail(node, "has lengths or peepholes");
    if (value(node, 5).tensor != nullptr || value(node, 6).tensor != nullptr)
      fail(node, "begins with a state of the file");
    const OnnxAttribute* direction = node.attribute("direction");
    if (direction == nullptr || direction->text != "bidirectional") fail(node, "hears one direction only");
    std::vector<Tensor> parts = {tensor(node, 1), tensor(node, 2), tensor(node, 3)};
    const std::string text = "LSTM " + to_string(parts[0].shape);
    add(node, Kind::kLstm, text).weights = std::move(parts);
  }

  void add_linear(const OnnxNode& node, Tensor matrix) {
    const std::string text = "Linear " + to_string(matrix.shape);
    add(node, Kind::kLinear, text).weights = {std::move(matrix)};
  }

  // The matrix, [out, in].
  Tensor matrix(const OnnxNode& node, bool is_out_in) const {
    const Value known = value(node, 1);
    if (known.tensor == nullptr || known.tensor->shape.size() != 2)
      fail(node, "has a matrix that the file does not hold");
    return is_out_in != known.is_transposed ? *known.tensor : transposed(*known.tensor);
  }

  void read_matrix_product(const OnnxNode& node) {
    if (value(node, 0).is_constant) fail(node, "multiplies a constant by data");
    add_linear(node, matrix(node, false));
  }

  void read_gemm(const OnnxNode& node) {
    const OnnxAttribute* turned = node.attribute("transB");
    const OnnxAttribute* turned_data = node.attribute("transA");
    if (real_of(node, "alpha", 1.0f) != 1.0f || real_of(node, "beta", 1.0f) != 1.0f ||
        (turned_data != nullptr && turned_data->number != 0) || value(node, 0).is_constant)
      fail(node, "is no linear layer");
    std::vector<Tensor> bias;
    if (has_input(node, 2)) bias.push_back(tensor(node, 2));
    add_linear(node, matrix(node, turned != nullptr && turned->number != 0));
    out_.layers.back().bias = std::move(bias);
  }

  void read_max_pool(const OnnxNode& node) {
    const OnnxAttribute* up = node.attribute("ceil_mode");
    const std::string kernel = list_of(node, "kernel_shape", 0, 0);
    const std::size_t num_axes = 1 + static_cast<std::size_t>(std::count(kernel.begin(), kernel.end(), ' '));
    const std::string text = "MaxPool " + taps_text(kernel, num_axes, list_of(node, "strides", num_axes, 1),
                                                    list_of(node, "pads", 2 * num_axes, 0),
                                                    list_of(node, "dilations", num_axes, 1));
    add(node, Kind::kOther, text + (up != nullptr && up->number != 0 ? " ceil" : ""));
  }

  void read_average_pool(const OnnxNode& node) {
    const OnnxAttribute* up = node.attribute("ceil_mode");
    if (list_of(node, "kernel_shape", 0, 0) != "100" || list_of(node, "strides", 1, 1) != "100" ||
        list_of(node, "pads", 2, 0) != "0 0" || up == nullptr || up->number == 0)
      fail(node, "averages over other lengths");
    ++out_.num_segment_means;
    give(node, {});
  }

  // A constant beside data: the bias of a linear layer, what is subtracted from one, or a layer of its own.
  void read_arithmetic(const OnnxNode& node) {
    if (node.inputs.size() != 2 || node.op.starts_with("Reduce") ||
        (!value(node, 0).is_constant && !value(node, 1).is_constant))
      return give(node, {});
    const std::size_t which = value(node, 0).is_constant ? 0 : 1;
    const Value known = value(node, which);
    const std::optional<std::size_t> before = value(node, 1 - which).layer;
    if (known.tensor != nullptr && before && out_.layers[*before].kind == Kind::kLinear) {
      OnnxLayer& linear = out_.layers[*before];
      std::vector<Tensor>* part = nullptr;
      if (node.op == "Add" && linear.subtracted.empty()) part = &linear.bias;
      if (node.op == "Sub" && which == 1) part = &linear.subtracted;
      if (part != nullptr && part->empty() &&
          num_elements(known.tensor->shape) == linear.weights[0].shape[0]) {
        part->push_back(*known.tensor);
        return give(node, {nullptr, false, false, before});
      }
    }
    // A number may belong to a mean or a deviation; a vector changes the features.
    const bool is_number = known.tensor == nullptr || num_elements(known.tensor->shape) == 1;
    add(node, is_number ? Kind::kScalar : Kind::kOther,
        std::string(node.op) +
            (is_number ? " with a number" : " with a constant " + to_string(known.tensor->shape)));
  }

  const OnnxGraph& graph_;
  const std::string& source_;
  std::map<std::string_view, Value> values_;
  std::map<std::string_view, std::size_t> num_uses_;
  OnnxLayers out_;
};

}  // namespace

std::string taps_text(const std::string& filters, std::size_t num_axes, const std::string& strides,
                      const std::string& pads, const std::string& dilations) {
  const auto each = [&](const std::string& text, std::size_t count) {
    if (text.size() != 1) return text;
    std::string repeated = text;
    for (std::size_t i = 1; i < count; ++i) repeated += " " + text;
    return repeated;
  };
  return filters + " strides " + each(strides, num_axes) + " pads " + each(pads, 2 * num_axes) +
         " dilations " + each(dilations, num_axes);
}

OnnxLayers layers_of(const OnnxGraph& graph, const std::string& source) {
  return LayerReader(graph, source).read();
}

}  // namespace diar
