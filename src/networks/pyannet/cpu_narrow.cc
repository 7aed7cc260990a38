#include "networks/pyannet/cpu_narrow.h"

#include <algorithm>

#include "nn/instance_norm.h"
#include "nn/kernels/lane_ops.h"
#include "nn/kernels/sinc_conv.h"
#include "nn/log_softmax.h"

namespace diar::cpu {
namespace {

// Frames of the head that are worked on at a time, so that they stay in the cache.
constexpr std::size_t kHeadBlock = 48;

nn::NarrowLstmDirection narrow(const nn::LstmDirection& direction) {
  return {nn::RowMatrix(direction.input), nn::RowMatrix(direction.recurrent)};
}

std::size_t window_frames(const NarrowGroup& group) {
  return pyannet_frames(group.batch->window_samples).pooled[2];
}

}  // namespace

NarrowPyanNet::NarrowPyanNet(const PyanNetWeights& net) : net_(net), classifier_(net.classifier) {
  for (std::size_t i = 0; i < convolutions_.size(); ++i)
    convolutions_[i] = nn::RowMatrix(net.convolutions[i]);
  for (std::size_t i = 0; i < kLstmLayers; ++i) lstm_[i] = {narrow(net.lstm[i][0]), narrow(net.lstm[i][1])};
  for (std::size_t i = 0; i < linear_.size(); ++i) linear_[i] = nn::RowMatrix(net.linear[i]);
}

void NarrowPyanNet::convolutions(const NarrowGroup& group, NarrowScratch& scratch) const {
  const PyanNetFrames frames = pyannet_frames(group.batch->window_samples);
  const auto norms = window_norms(net_, *group.batch, group.first, group.count);
  float* first = scratch.first.reserve(frames.pooled[0] * kConvChannels[0]);
  float* second = scratch.second.reserve(frames.pooled[1] * kConvChannels[1]);
  const std::size_t third_size = frames.pooled[2] * kConvChannels[2];
  float* third = scratch.third.reserve(group.count * third_size);
  std::size_t window = 0;
  while (window < group.count) {
    const auto left = std::span(norms).subspan(window);
    const auto run = left.first(sinc_run(left, *group.batch));
    const SincFrames filtered =
        sinc_frames(net_, *group.batch, group.first + window, run, scratch.phases, scratch.sinc);
    for (std::size_t w = 0; w < run.size(); ++w, ++window) {
      pool_first(filtered, w, frames.pooled[0], scratch);
      convolve(1, first, frames.pooled[1], second, scratch);
      convolve(2, second, frames.pooled[2], third + window * third_size, scratch);
    }
  }
  // Before the directions of a layer run side by side.
  for (nn::AlignedBuffer& layer : scratch.layers)
    layer.reserve(group.count * frames.pooled[2] * 2 * kLstmUnits);
}

// Absolute values, pooling, instance norm and leaky ReLU after the first convolution -> scratch.first [T,
// 80].
void NarrowPyanNet::pool_first(const SincFrames& filtered, std::size_t window, std::size_t num_pooled,
                               NarrowScratch& scratch) const {
  constexpr std::size_t kChannels = kConvChannels[0];
  constexpr std::size_t kStep = kSincBlock + nn::kSincSlack;
  scratch.sums.assign(kChannels, 0.0);
  scratch.squares.assign(kChannels, 0.0);
  float* out = scratch.first.data();
  float* block = scratch.block.reserve(kChannels * kStep);
  for (std::size_t begin = 0; begin < num_pooled; begin += kSincBlock) {
    const std::size_t size = std::min(kSincBlock, num_pooled - begin);
    for (std::size_t c = 0; c < kChannels; ++c) {
      pool_sinc(net_, filtered, window, c, begin, size, block + c * kStep, scratch.sums[c],
                scratch.squares[c]);
    }
    nn::to_lanes({block, kStep, kChannels, size}, out + begin * kChannels, kChannels);
  }
  normalise(0, out, num_pooled, scratch);
}

// Convolution 1 or 2 with five taps, pooling, instance norm, leaky ReLU of one window -> out [num_out, 60].
void NarrowPyanNet::convolve(std::size_t layer, const float* in, std::size_t num_out, float* out,
                             NarrowScratch& scratch) const {
  const std::size_t channels_in = kConvChannels[layer - 1];
  const std::size_t channels = kConvChannels[layer];
  float* unpooled = scratch.block.reserve(kConvBlock * channels);
  scratch.sums.assign(channels, 0.0);
  scratch.squares.assign(channels, 0.0);
  for (std::size_t begin = 0; begin < num_out; begin += kConvOuts) {
    const std::size_t end = std::min(begin + kConvOuts, num_out);
    for (std::size_t done = begin; done < end; done += kConvBlock / kPool) {
      const std::size_t count = std::min(kConvBlock / kPool, end - done);
      nn::row_gemm(convolutions_[layer - 1],
                   {in + done * kPool * channels_in, channels_in, unpooled, channels, count * kPool},
                   nn::GemmStart::kBias);
      nn::max_pool3(unpooled, count, channels, out + done * channels, scratch.sums.data(),
                    scratch.squares.data());
    }
  }
  normalise(layer, out, num_out, scratch);
}

// Instance norm from the sums that the pooling has gathered, and leaky ReLU, in place.
void NarrowPyanNet::normalise(std::size_t layer, float* x, std::size_t num_frames,
                              NarrowScratch& scratch) const {
  const std::size_t channels = kConvChannels[layer];
  scratch.scale.resize(channels);
  scratch.shift.resize(channels);
  nn::instance_norm_factors({scratch.sums, scratch.squares, num_frames},
                            {net_.norms[layer].weight, net_.norms[layer].bias}, scratch.scale, scratch.shift);
  nn::affine_leaky_relu(x, num_frames, channels, scratch.scale.data(), scratch.shift.data());
}

void NarrowPyanNet::lstm_direction(const NarrowGroup& group, std::size_t layer, nn::LstmOrder order,
                                   NarrowScratch& scratch, nn::LstmScratch& lstm) const {
  const auto& [forward, backward] = lstm_[layer];
  const float* in = layer == 0 ? scratch.third.data() : scratch.layers[(layer - 1) % 2].data();
  nn::run_narrow_lstm_direction(order == nn::LstmOrder::kForward ? forward : backward,
                                {in, scratch.layers[layer % 2].data(), group.count, window_frames(group)},
                                order, lstm);
}

void NarrowPyanNet::head(const NarrowGroup& group, NarrowScratch& scratch, float* log_probs) const {
  const std::size_t num_frames = group.count * window_frames(group);
  const float* in = scratch.layers[(kLstmLayers - 1) % 2].data();
  float* first = scratch.block.reserve(kHeadBlock * (2 * kLstmUnits + kPyannetClasses));
  float* second = first + kHeadBlock * kLstmUnits;
  float* logits = second + kHeadBlock * kLstmUnits;
  for (std::size_t begin = 0; begin < num_frames; begin += kHeadBlock) {
    const std::size_t count = std::min(kHeadBlock, num_frames - begin);
    nn::row_gemm(linear_[0], {in + begin * 2 * kLstmUnits, 2 * kLstmUnits, first, kLstmUnits, count},
                 nn::GemmStart::kBias);
    nn::leaky_relu(first, count * kLstmUnits);
    nn::row_gemm(linear_[1], {first, kLstmUnits, second, kLstmUnits, count}, nn::GemmStart::kBias);
    nn::leaky_relu(second, count * kLstmUnits);
    nn::row_gemm(classifier_, {second, kLstmUnits, logits, kPyannetClasses, count}, nn::GemmStart::kBias);
    for (std::size_t frame = 0; frame < count; ++frame) {
      nn::log_softmax(logits + frame * kPyannetClasses, 1,
                      {log_probs + (begin + frame) * kPyannetClasses, kPyannetClasses});
    }
  }
}

}  // namespace diar::cpu
