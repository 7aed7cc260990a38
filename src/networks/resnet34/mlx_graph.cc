#include "networks/resnet34/mlx_graph.h"

namespace diar::mlx_backend {
namespace {

// inputs: x, bias; output: max(0, x + bias).
std::vector<mx::array> bias_relu(const std::vector<mx::array>& in) {
  const mx::Device device = Runtime::instance().device();
  const auto sum = mx::add(in[0], in[1], device);
  return {mx::maximum(sum, mx::array(0.0f, sum.dtype()), device)};
}

// inputs: x, bias, residual; output: max(0, x + bias + residual).
std::vector<mx::array> residual_relu(const std::vector<mx::array>& in) {
  const mx::Device device = Runtime::instance().device();
  const auto sum = mx::add(mx::add(in[0], in[1], device), in[2], device);
  return {mx::maximum(sum, mx::array(0.0f, sum.dtype()), device)};
}

// seg_1 reads [statistic, channel, row]; the trunk gives [row, channel]. Transposed for x W.
std::vector<float> pack_projection(const ResNetWeights& weights) {
  std::vector<float> packed(weights.projection.size());
  for (std::size_t o = 0; o < weights.dimension; ++o) {
    for (std::size_t statistic = 0; statistic < 2; ++statistic) {
      for (std::size_t c = 0; c < weights.channels; ++c) {
        for (std::size_t r = 0; r < kEmbeddingRows; ++r) {
          const std::size_t from = ((o * 2 + statistic) * weights.channels + c) * kEmbeddingRows + r;
          const std::size_t to = (statistic * kEmbeddingRows + r) * weights.channels + c;
          packed[to * weights.dimension + o] = weights.projection[from];
        }
      }
    }
  }
  return packed;
}

}  // namespace

ResNet::ResNet(const ResNetWeights& weights, mx::Dtype trunk_type, const mx::Device& device)
    : device_(device),
      type_(trunk_type),
      dimension_(weights.dimension),
      stem_channels_(weights.stem.shape.out_channels),
      projection_(to_array(pack_projection(weights), {static_cast<int>(2 * kEmbeddingRows * weights.channels),
                                                      static_cast<int>(dimension_)})),
      bias_(to_array(weights.bias, {static_cast<int>(dimension_)})),
      bias_relu_(maybe_compile(bias_relu)),
      residual_relu_(maybe_compile(residual_relu)) {
  stem_ = pack(weights.stem);
  std::vector<mx::array> all = {stem_->weight, stem_->bias};
  const auto remember = [&all](const Convolution& convolution) {
    all.push_back(convolution.weight);
    all.push_back(convolution.bias);
  };
  for (const ResNetBlock& block : weights.blocks) {
    blocks_.push_back({pack(block.conv1), pack(block.conv2), {}});
    if (block.shortcut) blocks_.back().shortcut = pack(*block.shortcut);
    remember(blocks_.back().conv1);
    remember(blocks_.back().conv2);
    if (block.shortcut) remember(*blocks_.back().shortcut);
  }
  mx::eval(all);
}

// The engine's rows are time and its columns mels, so the taps are transposed; inputs come last.
ResNet::Convolution ResNet::pack(const FoldedConvolution& folded) const {
  const std::size_t k = folded.shape.kernel;
  const std::size_t in = folded.shape.in_channels;
  std::vector<float> taps(folded.taps.size());
  for (std::size_t o = 0; o < folded.shape.out_channels; ++o) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t tap = 0; tap < k * k; ++tap)
        taps[((o * k + tap % k) * k + tap / k) * in + i] = folded.taps[(o * in + i) * k * k + tap];
    }
  }
  const int out = static_cast<int>(folded.shape.out_channels);
  const int width = static_cast<int>(k);
  return {mx::astype(to_array(taps, {out, width, width, static_cast<int>(in)}), type_, device_),
          mx::astype(to_array(folded.bias, {out}), type_, device_), static_cast<int>(folded.shape.stride),
          (width - 1) / 2};
}

mx::array ResNet::convolve(const Convolution& convolution, const mx::array& x) const {
  return mx::conv2d(x, convolution.weight, {convolution.stride, convolution.stride},
                    {convolution.padding, convolution.padding}, {1, 1}, 1, device_);
}

// Behind the stem: the image, the one before it and, where MLX unfolds convolutions (CPU), nine copies.
std::size_t ResNet::window_bytes(std::size_t num_frames) const noexcept {
  const std::size_t image = num_frames * kEmbeddingMels * stem_channels_ * mx::size_of(type_);
  return image * (device_ == mx::Device::cpu ? 13 : 4);
}

mx::array ResNet::trunk(const mx::array& features) const {
  mx::array x = mx::astype(mx::expand_dims(features, 3, device_), type_, device_);
  x = bias_relu_({convolve(*stem_, x), stem_->bias})[0];
  for (const Block& block : blocks_) {
    const auto middle = bias_relu_({convolve(block.conv1, x), block.conv1.bias})[0];
    const auto residual =
        block.shortcut ? mx::add(convolve(*block.shortcut, x), block.shortcut->bias, device_) : x;
    x = residual_relu_({convolve(block.conv2, middle), block.conv2.bias, residual})[0];
  }
  return mx::astype(mx::reshape(x, {x.shape(0), x.shape(1), x.shape(2) * x.shape(3)}, device_), mx::float32,
                    device_);
}

//     v1 = sum_t w[t] + 1e-8     v2 = sum_t w[t]^2     mean = sum_t w[t] x[t] / v1
//     std = sqrt(sum_t w[t] (x[t] - mean)^2 / (v1 - v2 / v1 + 1e-8))
// All in float32, like pyannote.audio's StatsPool (see nn/kernels/stats_pool.h).
mx::array ResNet::pool_and_project(const mx::array& frames, const mx::array& weights) const {
  const auto epsilon = mx::array(1e-8f);
  const auto v1 = mx::add(mx::sum(weights, 2, true, device_), epsilon, device_);  // [B, S, 1]
  const auto v2 = mx::sum(mx::square(weights, device_), 2, true, device_);
  const auto mean = mx::divide(mx::matmul(weights, frames, device_), v1, device_);  // [B, S, D]
  // Speaker by speaker, so that no array of [B, S, T, D] has to be made.
  const auto means = mx::split(mean, weights.shape(1), 1, device_);
  const auto masks = mx::split(weights, weights.shape(1), 1, device_);
  std::vector<mx::array> sums;
  for (std::size_t speaker = 0; speaker < masks.size(); ++speaker) {
    const auto squares = mx::square(mx::subtract(frames, means[speaker], device_), device_);
    sums.push_back(mx::matmul(masks[speaker], squares, device_));
  }
  const auto freedom = mx::add(mx::subtract(v1, mx::divide(v2, v1, device_), device_), epsilon, device_);
  const auto deviation = mx::sqrt(mx::divide(mx::concatenate(sums, 1, device_), freedom, device_), device_);
  return mx::addmm(bias_, mx::concatenate({mean, deviation}, 2, device_), projection_, 1.0f, 1.0f, device_);
}

}  // namespace diar::mlx_backend
