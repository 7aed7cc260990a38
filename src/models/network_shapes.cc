#include "models/network_shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kClasses = 7;  // nobody, one of three speakers, two of them
constexpr std::size_t kLstmLayers = 4;
constexpr std::size_t kLstmUnits = 128;
constexpr std::size_t kTaps = 5;
constexpr std::array<std::size_t, 3> kConvChannels = {80, 60, 60};

constexpr std::array<std::size_t, 4> kBlocks = {3, 4, 6, 3};
constexpr std::size_t kRows = 10;  // of 80 mel bands after the last block
constexpr std::size_t kMaxWidth = 256;
constexpr std::size_t kMaxDimension = 4096;

constexpr const char* kClassifier = "classifier.weight";
constexpr const char* kStem = "resnet.conv1.weight";
constexpr const char* kProjection = "resnet.seg_1.weight";
constexpr const char* kCampplusProjection = "xvector.dense.linear.weight";

std::string named(const Weights& weights, std::string_view name) {
  return "tensor '" + std::string(name) + "' in " + weights.source();
}

void check_type(const Weights& weights, std::string_view name, const Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kFloat16:
    case DType::kBFloat16:
    case DType::kFloat32:
    case DType::kFloat64:
      return;
    default:
      throw ModelError(named(weights, name) + " is of type " + std::string(dtype_name(tensor.dtype)) +
                       ", not floating point");
  }
}

void check_shape(const Weights& weights, std::string_view name, const Shape& expected) {
  const Tensor& tensor = weights.at(name);
  check_type(weights, name, tensor);
  if (tensor.shape == expected) return;
  throw ModelError(named(weights, name) + " has shape " + to_string(tensor.shape) + ", expected " +
                   to_string(expected));
}

void check_shapes(const Weights& weights, const std::vector<TensorShape>& shapes) {
  for (const TensorShape& expected : shapes) check_shape(weights, expected.name, expected.shape);
}

std::size_t first_extent(const Weights& weights, const char* name, std::size_t dimensions,
                         std::size_t limit) {
  const Tensor& tensor = weights.at(name);
  if (tensor.shape.size() != dimensions || tensor.shape[0] == 0 || tensor.shape[0] > limit)
    throw ModelError(named(weights, name) + " has the impossible shape " + to_string(tensor.shape));
  return tensor.shape[0];
}

// Without a branch the loop becomes vector code.
bool all_finite(const std::vector<float>& values) {
  bool finite = true;
  for (const float value : values) finite &= value - value == 0.0f;
  return finite;
}

void check_finite(const Weights& weights, std::string_view name) {
  if (!all_finite(weights.at(name).to_float()))
    throw ModelError(named(weights, name) + " holds NaN or infinity");
}

}  // namespace

std::vector<TensorShape> pyannet_shapes() {
  std::vector<TensorShape> shapes;
  const auto add = [&](const std::string& base, const Shape& weight, const Shape& bias) {
    shapes.push_back({base + ".weight", weight});
    shapes.push_back({base + ".bias", bias});
  };
  add("sincnet.wav_norm1d", {1}, {1});
  for (const char* bank : {"low_hz_", "band_hz_"})
    shapes.push_back({std::string("sincnet.conv1d.0.filterbank.") + bank, {kConvChannels[0] / 2, 1}});
  for (std::size_t layer = 1; layer < kConvChannels.size(); ++layer) {
    const std::size_t out = kConvChannels[layer];
    add("sincnet.conv1d." + std::to_string(layer), {out, kConvChannels[layer - 1], kTaps}, {out});
  }
  for (std::size_t layer = 0; layer < kConvChannels.size(); ++layer)
    add("sincnet.norm1d." + std::to_string(layer), {kConvChannels[layer]}, {kConvChannels[layer]});
  constexpr std::size_t kGates = 4 * kLstmUnits;
  for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
    const std::size_t inputs = layer == 0 ? kConvChannels.back() : 2 * kLstmUnits;
    for (const char* direction : {"", "_reverse"}) {
      const std::string suffix = "_l" + std::to_string(layer) + direction;
      shapes.push_back({"lstm.weight_ih" + suffix, {kGates, inputs}});
      shapes.push_back({"lstm.weight_hh" + suffix, {kGates, kLstmUnits}});
      shapes.push_back({"lstm.bias_ih" + suffix, {kGates}});
      shapes.push_back({"lstm.bias_hh" + suffix, {kGates}});
    }
  }
  add("linear.0", {kLstmUnits, 2 * kLstmUnits}, {kLstmUnits});
  add("linear.1", {kLstmUnits, kLstmUnits}, {kLstmUnits});
  add("classifier", {kClasses, kLstmUnits}, {kClasses});
  return shapes;
}

std::vector<TensorShape> resnet34_shapes(std::size_t width, std::size_t dimension) {
  std::vector<TensorShape> shapes;
  const auto add_norm = [&](const std::string& base, std::size_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
      shapes.push_back({base + part, {channels}});
  };
  shapes.push_back({kStem, {width, 1, 3, 3}});
  add_norm("resnet.bn1", width);
  std::size_t in = width;
  for (std::size_t stage = 0; stage < kBlocks.size(); ++stage) {
    const std::size_t out = width << stage;
    for (std::size_t block = 0; block < kBlocks[stage]; ++block) {
      const std::string base = "resnet.layer" + std::to_string(stage + 1) + "." + std::to_string(block);
      shapes.push_back({base + ".conv1.weight", {out, in, 3, 3}});
      add_norm(base + ".bn1", out);
      shapes.push_back({base + ".conv2.weight", {out, out, 3, 3}});
      add_norm(base + ".bn2", out);
      if (block == 0 && stage > 0) {
        shapes.push_back({base + ".shortcut.0.weight", {out, in, 1, 1}});
        add_norm(base + ".shortcut.1", out);
      }
      in = out;
    }
  }
  shapes.push_back({kProjection, {dimension, 2 * in * kRows}});
  shapes.push_back({"resnet.seg_1.bias", {dimension}});
  return shapes;
}

void check_pyannet_shapes(const Weights& weights) {
  const Shape& head = weights.at(kClassifier).shape;
  if (head.size() == 2 && head[1] == kLstmUnits && head[0] != kClasses) {
    throw ModelError(weights.source() + ": " + std::to_string(head[0]) +
                     (head[0] == 1 ? " class" : " classes") + ": not a powerset network of " +
                     std::to_string(kClasses) + " ('classifier.weight' has shape " + to_string(head) +
                     "; voice activity and multi-label heads are not supported)");
  }
  check_shapes(weights, pyannet_shapes());
}

void check_resnet34_shapes(const Weights& weights) {
  const std::size_t width = first_extent(weights, kStem, 4, kMaxWidth);
  check_shapes(weights, resnet34_shapes(width, first_extent(weights, kProjection, 2, kMaxDimension)));
}

void check_network_values(const Weights& weights) {
  for (const auto& [name, tensor] : weights.tensors()) {
    const std::vector<float> values = tensor.to_float();
    if (!all_finite(values)) throw ModelError(named(weights, name) + " holds NaN or infinity");
    const auto negative = [](float value) { return value < 0.0f; };
    if (name.ends_with(".running_var") && std::any_of(values.begin(), values.end(), negative))
      throw ModelError(named(weights, name) + " is negative");
  }
}

std::optional<std::size_t> embedding_dimension(const Weights& embedding) {
  for (const char* name : {kProjection, kCampplusProjection}) {
    if (!embedding.contains(name)) continue;
    const Shape& shape = embedding.at(name).shape;
    if (!shape.empty()) return shape[0];
  }
  return std::nullopt;
}

bool is_plda(const Weights& weights) {
  const auto holds = [&](std::initializer_list<const char*> names) {
    return std::all_of(names.begin(), names.end(), [&](const char* name) { return weights.contains(name); });
  };
  return holds({"mean1", "mean2", "lda"}) || holds({"mu", "tr", "psi"});
}

void check_plda(const Weights& xvec_transform, const Weights& plda, std::size_t dimension) {
  const Shape& mean1 = xvec_transform.at("mean1").shape;
  if (mean1.size() == 1 && mean1[0] != dimension) {
    throw ModelError(xvec_transform.source() + ": a PLDA of embeddings of " + std::to_string(mean1[0]) +
                     " values does not fit a network that gives " + std::to_string(dimension) +
                     ": both must be of one set");
  }
  const std::size_t reduced = first_extent(xvec_transform, "mean2", 1, kMaxDimension);
  check_shapes(xvec_transform, {{"mean1", {dimension}}, {"mean2", {reduced}}, {"lda", {dimension, reduced}}});
  check_shapes(plda, {{"mu", {reduced}}, {"tr", {reduced, reduced}}, {"psi", {reduced}}});
  for (const char* name : {"mean1", "mean2", "lda"}) check_finite(xvec_transform, name);
  for (const char* name : {"mu", "tr", "psi"}) check_finite(plda, name);
}

}  // namespace diar
