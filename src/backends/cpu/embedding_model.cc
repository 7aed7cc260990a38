// WeSpeaker ResNet34 on the CPU: one pass of the trunk for each window, windows spread over threads.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "backends/cpu/cpu_backend.h"
#include "core/thread_pool.h"
#include "diar/errors.h"
#include "nn/kernels/conv2d.h"
#include "nn/kernels/stats_pool.h"

namespace diar::cpu {
namespace {

constexpr std::size_t kMels = 80;
constexpr double kBatchNormEpsilon = 1e-5;
constexpr std::array<std::size_t, 4> kBlocks = {3, 4, 6, 3};
constexpr std::array<std::size_t, 4> kStrides = {1, 2, 2, 2};
constexpr std::size_t kMaxChannels = 256;

struct Block {
  nn::Convolution conv1;
  nn::Convolution conv2;
  bool has_shortcut = false;
  nn::Convolution shortcut;
};

struct ResNet {
  nn::Convolution stem;
  std::vector<Block> blocks;
  std::size_t channels = 0;       // behind the last block
  std::size_t dimension = 0;      // of the embedding
  std::vector<float> projection;  // [dimension, 2, rows of frequency, channels]: our pooling's order
  std::vector<float> bias;
};

// y = (x - mean) / sqrt(var + eps) * weight + bias becomes a factor on the filters and a bias behind them.
// The engine's rows are time and its columns frequency, so the taps are transposed.
nn::Convolution read_convolution(const Weights& weights, const std::string& conv, const std::string& norm,
                                 const nn::ConvShape& shape, std::size_t in_padded) {
  const std::size_t k = shape.kernel;
  const std::size_t out = shape.out_channels;
  const auto stored = weights.floats(conv + ".weight", {out, shape.in_channels, k, k});
  const auto gamma = weights.floats(norm + ".weight", {out});
  const auto beta = weights.floats(norm + ".bias", {out});
  const auto mean = weights.floats(norm + ".running_mean", {out});
  const auto variance = weights.floats(norm + ".running_var", {out});
  std::vector<float> folded(stored.size());
  std::vector<float> bias(out);
  for (std::size_t o = 0; o < out; ++o) {
    if (variance[o] < 0.0f)
      throw ModelError("tensor '" + norm + ".running_var' in " + weights.source() + " is negative");
    const double factor = gamma[o] / std::sqrt(static_cast<double>(variance[o]) + kBatchNormEpsilon);
    bias[o] = static_cast<float>(beta[o] - factor * mean[o]);
    for (std::size_t i = 0; i < shape.in_channels; ++i) {
      for (std::size_t tap = 0; tap < k * k; ++tap) {
        folded[((o * shape.in_channels + i) * k + tap % k) * k + tap / k] =
            static_cast<float>(factor * stored[(o * shape.in_channels + i) * k * k + tap]);
      }
    }
  }
  return {shape, in_padded, folded, bias};
}

Block read_block(const Weights& weights, const std::string& name, std::size_t in, std::size_t out,
                 std::size_t stride) {
  Block block;
  block.conv1 = read_convolution(weights, name + ".conv1", name + ".bn1", {in, out, 3, stride},
                                 nn::padded_channels(in));
  block.conv2 =
      read_convolution(weights, name + ".conv2", name + ".bn2", {out, out, 3, 1}, nn::padded_channels(out));
  block.has_shortcut = stride != 1 || in != out;
  if (block.has_shortcut) {
    block.shortcut = read_convolution(weights, name + ".shortcut.0", name + ".shortcut.1",
                                      {in, out, 1, stride}, nn::padded_channels(in));
  }
  return block;
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

// seg_1 reads [statistic, channel, frequency]; the pooling here gives [statistic, frequency, channel].
std::vector<float> read_projection(const Weights& weights, std::size_t dimension, std::size_t channels) {
  constexpr std::size_t kRows = kMels / 8;
  const auto stored = weights.floats("resnet.seg_1.weight", {dimension, 2 * channels * kRows});
  const std::size_t padded = nn::padded_channels(channels);
  std::vector<float> projection(dimension * 2 * kRows * padded, 0.0f);
  for (std::size_t o = 0; o < dimension * 2; ++o) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t r = 0; r < kRows; ++r) {
        projection[(o * kRows + r) * padded + c] = stored[(o * channels + c) * kRows + r];
      }
    }
  }
  return projection;
}

ResNet read_resnet(const Weights& weights) {
  ResNet net;
  const std::size_t m = first_extent(weights, "resnet.conv1.weight", 4, kMaxChannels);
  net.stem = read_convolution(weights, "resnet.conv1", "resnet.bn1", {1, m, 3, 1}, 1);
  std::size_t in = m;
  for (std::size_t stage = 0; stage < kBlocks.size(); ++stage) {
    const std::size_t out = m << stage;
    for (std::size_t block = 0; block < kBlocks[stage]; ++block) {
      const std::string name = "resnet.layer" + std::to_string(stage + 1) + "." + std::to_string(block);
      net.blocks.push_back(read_block(weights, name, in, out, block == 0 ? kStrides[stage] : 1));
      in = out;
    }
  }
  net.channels = in;
  net.dimension = first_extent(weights, "resnet.seg_1.weight", 2, 4096);
  net.projection = read_projection(weights, net.dimension, net.channels);
  net.bias = weights.floats("resnet.seg_1.bias", {net.dimension});
  return net;
}

struct Scratch {
  std::array<nn::Image, 3> images;
  nn::ConvScratch convolution;
  std::vector<float> frames;  // trunk output without its border
  std::vector<float> pooled;
};

class CpuEmbeddingModel final : public EmbeddingModel {
 public:
  CpuEmbeddingModel(const Weights& weights, int num_threads)
      : net_(read_resnet(weights)),
        pool_(num_threads),
        scratch_(static_cast<std::size_t>(pool_.num_threads())) {}

  std::size_t dimension() const override { return net_.dimension; }
  std::size_t preferred_batch() const override { return static_cast<std::size_t>(pool_.num_threads()); }

  void run(const EmbeddingBatch& batch, std::span<float> embeddings) const override {
    if (batch.features.size() != batch.num_windows * batch.num_frames * kMels ||
        batch.masks.size() != batch.num_windows * batch.num_masks * batch.mask_frames ||
        embeddings.size() != batch.num_windows * batch.num_masks * net_.dimension || batch.num_frames == 0) {
      throw InvalidArgument("embedding: the spans do not fit the number of windows, frames and masks");
    }
    pool_.parallel_for(batch.num_windows, [&](std::size_t window, std::size_t worker) {
      run_window(
          batch, window, scratch_[worker],
          embeddings.subspan(window * batch.num_masks * net_.dimension, batch.num_masks * net_.dimension));
    });
  }

 private:
  void run_window(const EmbeddingBatch& batch, std::size_t window, Scratch& scratch,
                  std::span<float> embeddings) const {
    const auto masks = batch.masks.subspan(window * batch.num_masks * batch.mask_frames,
                                           batch.num_masks * batch.mask_frames);
    const bool silent = std::all_of(masks.begin(), masks.end(), [](float weight) { return weight == 0.0f; });
    std::size_t num_frames = 0;
    if (!silent) {
      const auto features =
          batch.features.subspan(window * batch.num_frames * kMels, batch.num_frames * kMels);
      num_frames = run_trunk(features, batch.num_frames, scratch);
    }
    for (std::size_t mask = 0; mask < batch.num_masks; ++mask) {
      pool_and_project(masks.subspan(mask * batch.mask_frames, batch.mask_frames), num_frames, scratch,
                       embeddings.subspan(mask * net_.dimension, net_.dimension));
    }
  }

  // features [T, 80] -> scratch.frames [ceil(T / 8), 10 * channels]; returns the number of frames.
  std::size_t run_trunk(std::span<const float> features, std::size_t num_frames, Scratch& scratch) const {
    nn::Image* x = &scratch.images[0];
    nn::Image* middle = &scratch.images[1];
    nn::Image* spare = &scratch.images[2];
    middle->reshape(num_frames, kMels, 1);
    for (std::size_t t = 0; t < num_frames; ++t) {
      std::copy_n(features.data() + t * kMels, kMels, middle->at(static_cast<long>(t), 0));
    }
    x->reshape(num_frames, kMels, net_.stem.out_padded());
    nn::conv2d(net_.stem, *middle, {.relu = true}, scratch.convolution, *x);
    for (const Block& block : net_.blocks) {
      const std::size_t stride = block.conv1.shape().stride;
      const std::size_t rows = (x->rows() + stride - 1) / stride;
      const std::size_t columns = (x->columns() + stride - 1) / stride;
      const std::size_t channels = block.conv1.out_padded();
      middle->reshape(rows, columns, channels);
      nn::conv2d(block.conv1, *x, {.relu = true}, scratch.convolution, *middle);
      if (block.has_shortcut) {
        spare->reshape(rows, columns, channels);
        nn::conv2d(block.shortcut, *x, {}, scratch.convolution, *spare);
        std::swap(x, spare);
      }
      // The block's input is its residual and is not needed afterwards: the sum takes its place.
      nn::conv2d(block.conv2, *middle, {.relu = true, .residual = x}, scratch.convolution, *x);
    }
    const std::size_t row = x->columns() * x->channels();
    scratch.frames.resize(x->rows() * row);
    for (std::size_t t = 0; t < x->rows(); ++t) {
      std::copy_n(x->at(static_cast<long>(t), 0), row, scratch.frames.data() + t * row);
    }
    return x->rows();
  }

  void pool_and_project(std::span<const float> mask, std::size_t num_frames, Scratch& scratch,
                        std::span<float> embedding) const {
    std::copy(net_.bias.begin(), net_.bias.end(), embedding.begin());
    if (std::all_of(mask.begin(), mask.end(), [](float weight) { return weight == 0.0f; })) return;
    const auto weights = nn::resize_nearest(mask, num_frames);
    const std::size_t width = net_.projection.size() / net_.dimension;
    scratch.pooled.resize(width);
    nn::stats_pool(scratch.frames, weights, scratch.pooled);
    for (std::size_t o = 0; o < net_.dimension; ++o) {
      const float* row = net_.projection.data() + o * width;
      double sum = embedding[o];
      for (std::size_t i = 0; i < width; ++i)
        sum += static_cast<double>(row[i]) * static_cast<double>(scratch.pooled[i]);
      embedding[o] = static_cast<float>(sum);
    }
  }

  ResNet net_;
  ThreadPool pool_;
  // One for each worker of the pool; `parallel_for` lets only one call at a time use them.
  mutable std::vector<Scratch> scratch_;
};

}  // namespace

std::unique_ptr<EmbeddingModel> make_embedding_model(const Weights& weights, int num_threads) {
  return std::make_unique<CpuEmbeddingModel>(weights, num_threads);
}

}  // namespace diar::cpu
