// WeSpeaker ResNet34 on the CPU: one pass of the trunk for each window or segment, spread over threads.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "networks/resnet34/cpu_block.h"
#include "networks/resnet34/weights.h"
#include "nn/kernels/conv2d.h"
#include "nn/kernels/stats_pool.h"

namespace diar::cpu {
namespace {

struct ResNet {
  explicit ResNet(std::size_t packed_size) : arena(packed_size) {}

  nn::WeightArena arena;
  nn::Convolution stem;
  std::vector<PackedBlock> blocks;
  std::size_t dimension = 0;      // of the embedding
  std::vector<float> projection;  // [dimension, 2, rows of frequency, channels]: our pooling's order
  std::vector<float> bias;
};

// seg_1 reads [statistic, channel, frequency]; the pooling here gives [statistic, frequency, channel].
std::vector<float> pack_projection(const ResNetWeights& weights) {
  const std::size_t padded = nn::padded_channels(weights.channels);
  std::vector<float> projection(weights.dimension * 2 * kEmbeddingRows * padded, 0.0f);
  for (std::size_t o = 0; o < weights.dimension * 2; ++o) {
    for (std::size_t c = 0; c < weights.channels; ++c) {
      for (std::size_t r = 0; r < kEmbeddingRows; ++r) {
        projection[(o * kEmbeddingRows + r) * padded + c] =
            weights.projection[(o * weights.channels + c) * kEmbeddingRows + r];
      }
    }
  }
  return projection;
}

// Packing takes most of the loading time: each thread reads, folds and packs one block after the other, so
// that little more than the packed weights is in memory. The last blocks are the largest and go first.
std::unique_ptr<ResNet> pack_network(const Weights& weights, nn::ProductPrecision products,
                                     const Executor& executor) {
  const std::vector<ResNetBlockPlace> places = resnet_blocks(weights);
  std::size_t total_size = 0;
  for (const ResNetBlockPlace& place : places) total_size += packed_size(place, products);
  auto net = std::make_unique<ResNet>(total_size);
  net->blocks.resize(places.size());
  executor.parallel_for(places.size(), [&](std::size_t item, std::size_t) {
    const std::size_t block = places.size() - 1 - item;
    net->blocks[block] = pack(read_resnet_block(weights, places[block]), products, &net->arena);
  });
  ResNetWeights ends = read_resnet_ends(weights);
  net->stem = pack(std::move(ends.stem), 1);
  net->dimension = ends.dimension;
  net->projection = pack_projection(ends);
  net->bias = std::move(ends.bias);
  return net;
}

struct Scratch {
  BlockImages images;
  std::vector<float> frames;  // trunk output without its border
  std::vector<float> pooled;
};

bool is_empty(std::span<const float> mask) {
  return std::all_of(mask.begin(), mask.end(), [](float weight) { return weight == 0.0f; });
}

// Partial sums keep the vector units busy; `run`, whose results are fixed, adds one by one in double.
float dot(const float* a, const float* b, std::size_t size) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  double sum = 0.0;
  for (; i < size; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  for (const float partial : sums) sum += static_cast<double>(partial);
  return static_cast<float>(sum);
}

class CpuResNet34 final : public ResNet34 {
 public:
  CpuResNet34(const Weights& weights, nn::ProductPrecision products, std::shared_ptr<const Executor> executor)
      : executor_(std::move(executor)), net_(pack_network(weights, products, *executor_)) {}

  std::size_t dimension() const override { return net_->dimension; }
  std::size_t preferred_batch() const override { return static_cast<std::size_t>(executor_->num_threads()); }

  void run(const FeatureBatch& batch, std::span<float> embeddings) const override {
    check_embedding_spans(batch, net_->dimension, embeddings.size());
    // Thirty megabytes a worker, given back while the segmentation and the clustering need memory.
    std::vector<Scratch> scratch(static_cast<std::size_t>(executor_->num_threads()));
    executor_->parallel_for(batch.num_windows, [&](std::size_t window, std::size_t worker) {
      run_window(
          batch, window, scratch[worker],
          embeddings.subspan(window * batch.num_masks * net_->dimension, batch.num_masks * net_->dimension));
    });
  }

  TrunkShape trunk_shape() const override {
    return {kTrunkStride, net_->projection.size() / net_->dimension / 2};
  }

  void run_trunk(std::span<const TrunkSegment> segments) const override {
    const std::size_t channels = trunk_shape().channels;
    for (const TrunkSegment& segment : segments) check_segment(segment, channels);
    std::vector<BlockImages> images(static_cast<std::size_t>(executor_->num_threads()));
    executor_->parallel_for(segments.size(), [&](std::size_t item, std::size_t worker) {
      const TrunkSegment& segment = segments[item];
      compute_trunk(segment.features, segment.features.size() / kEmbeddingMels, images[worker]);
      copy_frames(images[worker].x, segment.frames);
    });
  }

  void pool(std::span<const PooledWindow> windows) const override {
    const std::size_t channels = trunk_shape().channels;
    for (const PooledWindow& window : windows) check_pooled(window, channels, net_->dimension);
    executor_->parallel_for(windows.size(),
                            [&](std::size_t window, std::size_t) { pool_window(windows[window]); });
  }

 private:
  void run_window(const FeatureBatch& batch, std::size_t window, Scratch& scratch,
                  std::span<float> embeddings) const {
    const auto masks = batch.masks.subspan(window * batch.num_masks * batch.mask_frames,
                                           batch.num_masks * batch.mask_frames);
    std::size_t num_frames = 0;
    if (!is_empty(masks)) {
      const auto features = batch.features.subspan(window * batch.num_frames * kEmbeddingMels,
                                                   batch.num_frames * kEmbeddingMels);
      num_frames = run_trunk(features, batch.num_frames, scratch);
    }
    for (std::size_t mask = 0; mask < batch.num_masks; ++mask) {
      pool_and_project(masks.subspan(mask * batch.mask_frames, batch.mask_frames), num_frames, scratch,
                       embeddings.subspan(mask * net_->dimension, net_->dimension));
    }
  }

  // Returns the number of frames in scratch.frames.
  std::size_t run_trunk(std::span<const float> features, std::size_t num_frames, Scratch& scratch) const {
    compute_trunk(features, num_frames, scratch.images);
    const nn::Image& x = scratch.images.x;
    scratch.frames.resize(x.rows() * x.columns() * x.channels());
    copy_frames(x, scratch.frames);
    return x.rows();
  }

  // features [T, 80] -> images.x [ceil(T / 8), 10, padded channels].
  void compute_trunk(std::span<const float> features, std::size_t num_frames, BlockImages& images) const {
    nn::Image& x = images.x;
    // The blocks of the last window have changed places; the largest image comes first.
    if (images.spare.capacity() > x.capacity()) std::swap(images.spare, x);
    nn::Image& input = images.middle;
    input.reshape(num_frames, kEmbeddingMels, 1);
    for (std::size_t t = 0; t < num_frames; ++t) {
      std::copy_n(features.data() + t * kEmbeddingMels, kEmbeddingMels, input.at(static_cast<long>(t), 0));
    }
    x.reshape(num_frames, kEmbeddingMels, net_->stem.out_padded());
    nn::conv2d(net_->stem, input, {.relu = true}, images.convolution, x);
    for (const PackedBlock& block : net_->blocks) run_block(block, images);
  }

  static void copy_frames(const nn::Image& x, std::span<float> frames) {
    const std::size_t row = x.columns() * x.channels();
    for (std::size_t t = 0; t < x.rows(); ++t) {
      std::copy_n(x.at(static_cast<long>(t), 0), row, frames.data() + t * row);
    }
  }

  // All masks meet each row of the projection while it is in the cache.
  void pool_window(const PooledWindow& window) const {
    const std::size_t width = net_->projection.size() / net_->dimension;
    const std::size_t num_masks = window.embeddings.size() / net_->dimension;
    const std::size_t num_frames = window.weights.size() / num_masks;
    std::vector<float> pooled(num_masks * width, 0.0f);
    for (std::size_t mask = 0; mask < num_masks; ++mask) {
      const auto weights = window.weights.subspan(mask * num_frames, num_frames);
      if (is_empty(weights)) continue;
      nn::stats_pool(window.frames, weights, std::span(pooled).subspan(mask * width, width));
    }
    for (std::size_t o = 0; o < net_->dimension; ++o) {
      const float* row = net_->projection.data() + o * width;
      for (std::size_t mask = 0; mask < num_masks; ++mask) {
        window.embeddings[mask * net_->dimension + o] =
            net_->bias[o] + dot(row, pooled.data() + mask * width, width);
      }
    }
  }

  void pool_and_project(std::span<const float> mask, std::size_t num_frames, Scratch& scratch,
                        std::span<float> embedding) const {
    std::copy(net_->bias.begin(), net_->bias.end(), embedding.begin());
    if (is_empty(mask)) return;
    const auto weights = nn::resize_nearest(mask, num_frames);
    const std::size_t width = net_->projection.size() / net_->dimension;
    scratch.pooled.resize(width);
    nn::stats_pool(scratch.frames, weights, scratch.pooled);
    for (std::size_t o = 0; o < net_->dimension; ++o) {
      const float* row = net_->projection.data() + o * width;
      double sum = embedding[o];
      for (std::size_t i = 0; i < width; ++i)
        sum += static_cast<double>(row[i]) * static_cast<double>(scratch.pooled[i]);
      embedding[o] = static_cast<float>(sum);
    }
  }

  std::shared_ptr<const Executor> executor_;
  std::unique_ptr<const ResNet> net_;
};

}  // namespace

std::unique_ptr<ResNet34> make_resnet34(const Weights& weights, std::shared_ptr<const Executor> executor,
                                        bool mixed) {
  const auto products = mixed ? nn::ProductPrecision::kBfloat16 : nn::ProductPrecision::kFloat32;
  return std::make_unique<CpuResNet34>(weights, products, std::move(executor));
}

}  // namespace diar::cpu
