#include "networks/pyannet/mlx_graph.h"

#include "networks/pyannet/geometry.h"
#include "nn/kernels/sinc_filters.h"

namespace diar::mlx_backend {
namespace {

constexpr float kSlope = 0.01f;

// A channel that varies less is constant: sounds have to be under a 30-millionth of full scale for that.
constexpr float kConstantVariance = 1e-10f;

mx::array leaky(const mx::array& x, const mx::Device& device) {
  return mx::maximum(x, mx::multiply(x, mx::array(kSlope), device), device);
}

// inputs: x; output: leaky ReLU.
std::vector<mx::array> leaky_relu(const std::vector<mx::array>& in) {
  return {leaky(in[0], Runtime::instance().device())};
}

// inputs: x, gain, bias; output: leaky ReLU of gain x + bias.
std::vector<mx::array> scale_leaky_relu(const std::vector<mx::array>& in) {
  const mx::Device device = Runtime::instance().device();
  return {leaky(mx::add(mx::multiply(in[0], in[1], device), in[2], device), device)};
}

// [out, in, tap] -> [out, tap, in].
std::vector<float> channels_last(const std::vector<float>& stored, std::size_t out, std::size_t in,
                                 std::size_t taps) {
  std::vector<float> matrix(stored.size());
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t tap = 0; tap < taps; ++tap)
        matrix[(o * taps + tap) * in + i] = stored[(o * in + i) * taps + tap];
    }
  }
  return matrix;
}

// The largest of every three frames: x [B, T, C] -> [B, T / 3, C].
mx::array max_pool3(const mx::array& x, const mx::Device& device) {
  constexpr int kWidth = static_cast<int>(kPool);
  const int frames = x.shape(1) / kWidth;
  const auto whole = mx::slice(x, {0, 0, 0}, {x.shape(0), frames * kWidth, x.shape(2)}, device);
  return mx::max(mx::reshape(whole, {x.shape(0), frames, kWidth, x.shape(2)}, device), 2, false, device);
}

// Mean over time: x [B, T, C] -> [B, 1, C]. Summed in blocks, because MLX's CPU adds one frame after another:
// over the thousands of equal frames after silence a float32 sum drifts by 3e-4 of its value, over blocks by
// 4e-6.
mx::array time_mean(const mx::array& x, const mx::Device& device) {
  constexpr int kBlock = 64;
  const int frames = x.shape(1);
  const int whole = frames / kBlock * kBlock;
  std::vector<mx::array> sums;
  if (whole > 0) {
    const auto blocks = mx::slice(x, {0, 0, 0}, {x.shape(0), whole, x.shape(2)}, device);
    sums.push_back(mx::sum(mx::reshape(blocks, {x.shape(0), whole / kBlock, kBlock, x.shape(2)}, device), 2,
                           false, device));
  }
  if (whole < frames) {
    const auto rest = mx::slice(x, {0, whole, 0}, x.shape(), device);
    sums.push_back(mx::sum(rest, 1, true, device));
  }
  const auto total = mx::sum(mx::concatenate(sums, 1, device), 1, true, device);
  return mx::multiply(total, mx::array(1.0f / static_cast<float>(frames)), device);
}

}  // namespace

PyanNet::PyanNet(const Weights& weights, const mx::Device& device)
    : device_(device),
      wav_weight_(weights.floats("sincnet.wav_norm1d.weight", {1})[0]),
      wav_bias_(weights.floats("sincnet.wav_norm1d.bias", {1})[0]),
      scale_leaky_relu_(maybe_compile(scale_leaky_relu)),
      leaky_relu_(maybe_compile(leaky_relu)) {
  for (std::size_t layer = 0; layer < kConvChannels.size(); ++layer)
    convolutions_.push_back(read_convolution(weights, layer));
  for (std::size_t layer = 0; layer < kLstmLayers; ++layer)
    lstm_.emplace_back(weights, layer, layer == 0 ? kConvChannels.back() : 2 * kLstmUnits);
  linear_.push_back(read_linear(weights, "linear.0", kLstmUnits, 2 * kLstmUnits));
  linear_.push_back(read_linear(weights, "linear.1", kLstmUnits, kLstmUnits));
  linear_.push_back(read_linear(weights, "classifier", kPyannetClasses, kLstmUnits));
  evaluate_parameters();
}

PyanNet::ConvLayer PyanNet::read_convolution(const Weights& weights, std::size_t layer) const {
  const std::size_t out = kConvChannels[layer];
  const std::size_t in = layer == 0 ? 1 : kConvChannels[layer - 1];
  const std::size_t taps = layer == 0 ? nn::kSincTaps : kConvTaps;
  const std::string number = std::to_string(layer);
  std::vector<float> filters;
  std::vector<float> bias(out, 0.0f);
  if (layer == 0) {
    const std::string bank = "sincnet.conv1d.0.filterbank.";
    filters = nn::make_sinc_filters(weights.floats(bank + "low_hz_", {out / 2, 1}),
                                    weights.floats(bank + "band_hz_", {out / 2, 1}));
  } else {
    const std::string name = "sincnet.conv1d." + number;
    filters = channels_last(weights.floats(name + ".weight", {out, in, taps}), out, in, taps);
    bias = weights.floats(name + ".bias", {out});
  }
  const std::string norm = "sincnet.norm1d." + number;
  const int channels = static_cast<int>(out);
  return {to_array(filters, {channels, static_cast<int>(taps), static_cast<int>(in)}),
          to_array(bias, {channels}), to_array(weights.floats(norm + ".weight", {out}), {channels}),
          to_array(weights.floats(norm + ".bias", {out}), {channels})};
}

PyanNet::Linear PyanNet::read_linear(const Weights& weights, const std::string& name, std::size_t out,
                                     std::size_t in) const {
  const auto stored =
      to_array(weights.floats(name + ".weight", {out, in}), {static_cast<int>(out), static_cast<int>(in)});
  return {mx::contiguous(mx::transpose(stored, device_), false, device_),
          to_array(weights.floats(name + ".bias", {out}), {static_cast<int>(out)})};
}

// So that no later graph holds the operations that made the parameters.
void PyanNet::evaluate_parameters() const {
  std::vector<mx::array> all;
  for (const BidirectionalLstm& layer : lstm_) {
    for (const mx::array& parameter : layer.parameters()) all.push_back(parameter);
  }
  for (const Linear& layer : linear_) all.push_back(layer.weight);
  mx::eval(all);
}

mx::array PyanNet::front_end(const mx::array& waveforms) const {
  mx::array x = mx::expand_dims(waveforms, 2, device_);
  for (std::size_t layer = 0; layer < convolutions_.size(); ++layer) {
    const ConvLayer& weights = convolutions_[layer];
    const int stride = layer == 0 ? static_cast<int>(kSincStride) : 1;
    x = mx::conv1d(x, weights.weight, stride, 0, 1, 1, device_);
    // A bias does not depend on time, so it may follow the maximum.
    x = layer == 0 ? max_pool3(mx::abs(x, device_), device_)
                   : mx::add(max_pool3(x, device_), weights.bias, device_);
    // Instance norm: (x - mean) / sqrt(variance + eps) weight + bias over time, biased variance, two passes.
    const auto centred = mx::subtract(x, time_mean(x, device_), device_);
    const auto variance = time_mean(mx::square(centred, device_), device_);
    const auto epsilon = mx::array(static_cast<float>(kInstanceNormEpsilon));
    // Equal frames need not stay equal: matrix products may round some rows otherwise than the rest, which
    // three norms in a row would each multiply by 316.
    const auto varies = mx::greater(variance, mx::array(kConstantVariance), device_);
    const auto scale =
        mx::where(varies, mx::rsqrt(mx::add(variance, epsilon, device_), device_), mx::array(0.0f), device_);
    const auto gain = mx::multiply(weights.norm_weight, scale, device_);
    x = scale_leaky_relu_({centred, gain, weights.norm_bias})[0];
  }
  return x;
}

mx::array PyanNet::head(const mx::array& x) const {
  mx::array y = x;
  for (std::size_t layer = 0; layer < 2; ++layer)
    y = leaky_relu_({mx::addmm(linear_[layer].bias, y, linear_[layer].weight, 1.0f, 1.0f, device_)})[0];
  const auto logits = mx::addmm(linear_[2].bias, y, linear_[2].weight, 1.0f, 1.0f, device_);
  return mx::subtract(logits, mx::logsumexp(logits, -1, true, device_), device_);
}

mx::array PyanNet::forward(const mx::array& waveforms) const {
  mx::array x = front_end(waveforms);
  mx::eval(x);
  for (const BidirectionalLstm& layer : lstm_) x = layer(x, device_);
  return head(x);
}

}  // namespace diar::mlx_backend
