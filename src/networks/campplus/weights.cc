#include "networks/campplus/weights.h"

#include <cmath>
#include <utility>

#include "diar/errors.h"
#include "models/layout_campplus.h"

namespace diar {
namespace {

constexpr double kBatchNormEpsilon = 1e-5;
constexpr std::size_t kTdnnTaps = 5;
constexpr std::size_t kLocalTaps = 3;
constexpr std::size_t kMaxDimension = 4096;
constexpr std::array<std::size_t, 3> kDilations = {1, 2, 2};
/// Frequency strides of the head's blocks.
constexpr std::array<std::size_t, 4> kBlockStrides = {2, 1, 2, 1};

// y = (x - mean) / sqrt(var + eps) * weight + bias as a factor and an offset.
struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
};

// `affine`: whether the norm has a weight and a bias; the last one of the network has none.
Affine read_norm(const Weights& weights, const std::string& name, std::size_t channels, bool affine = true) {
  const auto mean = weights.floats(name + ".running_mean", {channels});
  const auto variance = weights.floats(name + ".running_var", {channels});
  const auto gamma =
      affine ? weights.floats(name + ".weight", {channels}) : std::vector<float>(channels, 1.0f);
  const auto beta = affine ? weights.floats(name + ".bias", {channels}) : std::vector<float>(channels, 0.0f);
  Affine norm{std::vector<double>(channels), std::vector<double>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    if (variance[c] < 0.0f)
      throw ModelError("tensor '" + name + ".running_var' in " + weights.source() + " is negative");
    norm.scale[c] = gamma[c] / std::sqrt(static_cast<double>(variance[c]) + kBatchNormEpsilon);
    norm.shift[c] = beta[c] - norm.scale[c] * mean[c];
  }
  return norm;
}

// The norm becomes a factor on the filters and a bias after them.
void fold(const Affine& norm, std::vector<float>& filters, std::vector<float>& bias) {
  const std::size_t outs = norm.scale.size();
  const std::size_t filter = filters.size() / outs;
  bias.resize(outs, 0.0f);
  for (std::size_t o = 0; o < outs; ++o) {
    bias[o] = static_cast<float>(norm.scale[o] * bias[o] + norm.shift[o]);
    for (std::size_t i = o * filter; i < (o + 1) * filter; ++i)
      filters[i] = static_cast<float>(norm.scale[o] * filters[i]);
  }
}

CampplusConvolution read_convolution(const Weights& weights, const std::string& name, const std::string& norm,
                                     CampplusConvolution shape) {
  shape.taps =
      weights.floats(name + ".weight", {shape.out_channels, shape.in_channels, shape.kernel, shape.kernel});
  fold(read_norm(weights, norm, shape.out_channels), shape.taps, shape.bias);
  return shape;
}

CampplusConvolution shape_of(std::size_t in_channels, std::size_t kernel, std::size_t mel_stride) {
  CampplusConvolution shape;
  shape.in_channels = in_channels;
  shape.kernel = kernel;
  shape.mel_stride = mel_stride;
  return shape;
}

std::string block_name(std::size_t block) {
  return "head.layer" + std::to_string(block / 2 + 1) + "." + std::to_string(block % 2);
}

CampplusBlock read_block(const Weights& weights, std::size_t block) {
  const std::string name = block_name(block);
  const std::size_t stride = kBlockStrides[block];
  CampplusBlock read;
  read.conv1 =
      read_convolution(weights, name + ".conv1", name + ".bn1", shape_of(kCampplusChannels, 3, stride));
  read.conv2 = read_convolution(weights, name + ".conv2", name + ".bn2", shape_of(kCampplusChannels, 3, 1));
  if (stride != 1) {
    read.shortcut = read_convolution(weights, name + ".shortcut.0", name + ".shortcut.1",
                                     shape_of(kCampplusChannels, 1, stride));
  }
  return read;
}

CampplusLinear read_linear(const Weights& weights, const std::string& name, std::size_t outs, std::size_t ins,
                           std::size_t taps = 1, bool has_bias = false) {
  CampplusLinear linear{outs, ins, taps, weights.floats(name + ".weight", {outs, ins, taps}),
                        std::vector<float>(outs, 0.0f)};
  if (has_bias) linear.bias = weights.floats(name + ".bias", {outs});
  return linear;
}

CampplusNorm read_leading_norm(const Weights& weights, const std::string& name, std::size_t channels) {
  const Affine norm = read_norm(weights, name, channels);
  return {{norm.scale.begin(), norm.scale.end()}, {norm.shift.begin(), norm.shift.end()}};
}

std::string transit_name(std::size_t stage) {
  return "xvector.transit" + std::to_string(stage + 1);
}

CampplusDenseLayer read_layer(const Weights& weights, const std::string& name, std::size_t channels) {
  constexpr std::size_t kHalf = kCampplusBottleneck / 2;
  CampplusDenseLayer layer;
  layer.norm = read_leading_norm(weights, name + ".nonlinear1.batchnorm", channels);
  layer.bottleneck = read_linear(weights, name + ".linear1", kCampplusBottleneck, channels);
  fold(read_norm(weights, name + ".nonlinear2.batchnorm", kCampplusBottleneck), layer.bottleneck.weights,
       layer.bottleneck.bias);
  const std::string cam = name + ".cam_layer.";
  layer.local =
      read_linear(weights, cam + "linear_local", kCampplusChannels, kCampplusBottleneck, kLocalTaps);
  layer.mask1 = read_linear(weights, cam + "linear1", kHalf, kCampplusBottleneck, 1, /*has_bias=*/true);
  layer.mask2 = read_linear(weights, cam + "linear2", kCampplusChannels, kHalf, 1, /*has_bias=*/true);
  return layer;
}

// How many values a layer gives, by its weights; kernels write whole multiples of `multiple`.
std::size_t read_outs(const Weights& weights, const std::string& layer, std::size_t multiple = 1) {
  const std::string name = layer + ".weight";
  const Shape& shape = weights.at(name).shape;
  if (shape.size() != 3 || shape[0] == 0 || shape[0] > kMaxDimension || shape[0] % multiple != 0) {
    throw ModelError("tensor '" + name + "' in " + weights.source() + " has the impossible shape " +
                     to_string(shape));
  }
  return shape[0];
}

}  // namespace

CampplusWeights read_campplus_weights(const Weights& weights) {
  CampplusWeights net;
  net.stem = read_convolution(weights, "head.conv1", "head.bn1", shape_of(1, 3, 1));
  for (std::size_t block = 0; block < net.blocks.size(); ++block)
    net.blocks[block] = read_block(weights, block);
  net.last = read_convolution(weights, "head.conv2", "head.bn2", shape_of(kCampplusChannels, 3, 2));
  const CampplusLayers layers = count_campplus_layers(weights);
  std::size_t channels = kCampplusBottleneck;
  net.tdnn =
      read_linear(weights, "xvector.tdnn.linear", channels, kCampplusChannels * kCampplusRows, kTdnnTaps);
  fold(read_norm(weights, "xvector.tdnn.nonlinear.batchnorm", channels), net.tdnn.weights, net.tdnn.bias);
  for (std::size_t s = 0; s < net.stages.size(); ++s) {
    CampplusStage& stage = net.stages[s];
    stage.dilation = kDilations[s];
    for (std::size_t layer = 0; layer < layers[s]; ++layer, channels += kCampplusChannels)
      stage.layers.push_back(read_layer(weights, campplus_layer_name(s, layer), channels));
    stage.norm = read_leading_norm(weights, transit_name(s) + ".nonlinear.batchnorm", channels);
    const std::size_t after = read_outs(weights, transit_name(s) + ".linear", kCampplusChannels);
    stage.transit = read_linear(weights, transit_name(s) + ".linear", after, channels);
    channels = after;
  }
  CampplusLinear& last = net.stages.back().transit;
  fold(read_norm(weights, "xvector.out_nonlinear.batchnorm", channels), last.weights, last.bias);
  net.dimension = read_outs(weights, "xvector.dense.linear");
  net.dense = read_linear(weights, "xvector.dense.linear", net.dimension, 2 * channels);
  fold(read_norm(weights, "xvector.dense.nonlinear.batchnorm", net.dimension, /*affine=*/false),
       net.dense.weights, net.dense.bias);
  return net;
}

}  // namespace diar
