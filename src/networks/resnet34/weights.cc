#include "networks/resnet34/weights.h"

#include <array>
#include <cmath>
#include <string>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr double kBatchNormEpsilon = 1e-5;
constexpr std::array<std::size_t, 4> kBlocks = {3, 4, 6, 3};
constexpr std::array<std::size_t, 4> kStrides = {1, 2, 2, 2};
constexpr std::size_t kMaxChannels = 256;
constexpr std::size_t kMaxDimension = 4096;

// y = (x - mean) / sqrt(var + eps) * weight + bias becomes a factor on the filters and a bias after them.
FoldedConvolution fold(const Weights& weights, const std::string& conv, const std::string& norm,
                       const nn::ConvShape& shape) {
  const std::size_t out = shape.out_channels;
  FoldedConvolution folded{
      shape, weights.floats(conv + ".weight", {out, shape.in_channels, shape.kernel, shape.kernel}),
      std::vector<float>(out)};
  const auto gamma = weights.floats(norm + ".weight", {out});
  const auto beta = weights.floats(norm + ".bias", {out});
  const auto mean = weights.floats(norm + ".running_mean", {out});
  const auto variance = weights.floats(norm + ".running_var", {out});
  const std::size_t filter = folded.taps.size() / out;
  for (std::size_t o = 0; o < out; ++o) {
    if (variance[o] < 0.0f)
      throw ModelError("tensor '" + norm + ".running_var' in " + weights.source() + " is negative");
    const double factor = gamma[o] / std::sqrt(static_cast<double>(variance[o]) + kBatchNormEpsilon);
    folded.bias[o] = static_cast<float>(beta[o] - factor * mean[o]);
    for (std::size_t i = o * filter; i < (o + 1) * filter; ++i)
      folded.taps[i] = static_cast<float>(factor * folded.taps[i]);
  }
  return folded;
}

std::size_t first_extent(const Weights& weights, const char* name, std::size_t dimensions,
                         std::size_t limit) {
  const Tensor& tensor = weights.at(name);
  if (tensor.shape.size() != dimensions || tensor.shape[0] == 0 || tensor.shape[0] > limit) {
    throw ModelError("tensor '" + std::string(name) + "' in " + weights.source() +
                     " has the impossible shape " + to_string(tensor.shape));
  }
  return tensor.shape[0];
}

std::size_t first_channels(const Weights& weights) {
  return first_extent(weights, "resnet.conv1.weight", 4, kMaxChannels);
}

}  // namespace

ResNetBlock read_resnet_block(const Weights& weights, const ResNetBlockPlace& place) {
  const auto& [name, in, out, stride] = place;
  ResNetBlock block{fold(weights, name + ".conv1", name + ".bn1", {in, out, 3, stride}),
                    fold(weights, name + ".conv2", name + ".bn2", {out, out, 3, 1}),
                    {}};
  if (stride != 1 || in != out)
    block.shortcut = fold(weights, name + ".shortcut.0", name + ".shortcut.1", {in, out, 1, stride});
  return block;
}

std::vector<ResNetBlockPlace> resnet_blocks(const Weights& weights) {
  const std::size_t m = first_channels(weights);
  std::vector<ResNetBlockPlace> places;
  std::size_t in = m;
  for (std::size_t stage = 0; stage < kBlocks.size(); ++stage) {
    const std::size_t out = m << stage;
    for (std::size_t block = 0; block < kBlocks[stage]; ++block) {
      places.push_back({"resnet.layer" + std::to_string(stage + 1) + "." + std::to_string(block), in, out,
                        block == 0 ? kStrides[stage] : 1});
      in = out;
    }
  }
  return places;
}

ResNetWeights read_resnet_ends(const Weights& weights) {
  ResNetWeights net;
  const std::size_t m = first_channels(weights);
  net.stem = fold(weights, "resnet.conv1", "resnet.bn1", {1, m, 3, 1});
  net.channels = m << (kBlocks.size() - 1);
  net.dimension = first_extent(weights, "resnet.seg_1.weight", 2, kMaxDimension);
  net.projection = weights.floats("resnet.seg_1.weight", {net.dimension, 2 * net.channels * kEmbeddingRows});
  net.bias = weights.floats("resnet.seg_1.bias", {net.dimension});
  return net;
}

ResNetWeights read_resnet_weights(const Weights& weights) {
  ResNetWeights net = read_resnet_ends(weights);
  for (const ResNetBlockPlace& place : resnet_blocks(weights))
    net.blocks.push_back(read_resnet_block(weights, place));
  return net;
}

void check_embedding_spans(const FeatureBatch& batch, std::size_t dimension, std::size_t num_values) {
  if (batch.features.size() != batch.num_windows * batch.num_frames * kEmbeddingMels ||
      batch.masks.size() != batch.num_windows * batch.num_masks * batch.mask_frames ||
      num_values != batch.num_windows * batch.num_masks * dimension || batch.num_frames == 0) {
    throw InvalidArgument("embedding: the spans do not fit the number of windows, frames and masks");
  }
}

void check_segment(const TrunkSegment& segment, std::size_t channels) {
  const std::size_t num_frames = segment.features.size() / kEmbeddingMels;
  if (num_frames == 0 || segment.features.size() % kEmbeddingMels != 0 ||
      segment.frames.size() != (num_frames + kTrunkStride - 1) / kTrunkStride * channels) {
    throw InvalidArgument("embedding: the spans do not fit the segment");
  }
}

void check_pooled(const PooledWindow& window, std::size_t channels, std::size_t dimension) {
  const std::size_t num_frames = window.frames.size() / channels;
  const std::size_t num_masks = window.embeddings.size() / dimension;
  if (num_frames == 0 || num_masks == 0 || window.frames.size() % channels != 0 ||
      window.embeddings.size() % dimension != 0 || window.weights.size() != num_masks * num_frames) {
    throw InvalidArgument("embedding: the spans do not fit the frames and masks of the window");
  }
}

}  // namespace diar
