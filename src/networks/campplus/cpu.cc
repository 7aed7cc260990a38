#include "networks/campplus/cpu.h"

#include <algorithm>
#include <cmath>

#include "diar/errors.h"
#include "nn/kernels/stats_pool.h"

namespace diar::cpu {
namespace {

/// Frames of zeros before and after: the largest dilation.
constexpr std::size_t kBorder = 2;
/// Rows that are activated and multiplied before the next: they stay in the caches.
constexpr std::size_t kStripRows = 48;

// Images have rows of time and columns of frequency, the stored filters [mel taps, time taps].
nn::Convolution pack_convolution(const CampplusConvolution& stored, std::size_t in_padded,
                                 nn::ProductPrecision products) {
  const std::size_t k = stored.kernel;
  std::vector<float> taps(stored.taps.size());
  for (std::size_t filter = 0; filter < taps.size(); filter += k * k) {
    for (std::size_t mel = 0; mel < k; ++mel) {
      for (std::size_t time = 0; time < k; ++time)
        taps[filter + time * k + mel] = stored.taps[filter + mel * k + time];
    }
  }
  return {{stored.in_channels, stored.out_channels, k, 1, products}, in_padded, taps, stored.bias};
}

// At a frequency stride: the pixels of the mel taps lie side by side, so that they and their channels are one
// row of `kernel * in_channels` values; the taps of the matrix are those of time.
nn::TapMatrix pack_strided(const CampplusConvolution& stored, nn::ProductPrecision products) {
  const std::size_t k = stored.kernel;
  const std::size_t ins = stored.in_channels;
  std::vector<float> taps(stored.taps.size());
  for (std::size_t o = 0; o < stored.out_channels; ++o) {
    for (std::size_t i = 0; i < ins; ++i) {
      for (std::size_t mel = 0; mel < k; ++mel) {
        for (std::size_t time = 0; time < k; ++time)
          taps[((o * k + time) * k + mel) * ins + i] = stored.taps[((o * ins + i) * k + mel) * k + time];
      }
    }
  }
  return {taps, stored.out_channels, k, k * ins, stored.bias, products};
}

// [outs, ins, taps] -> [outs, taps, ins]
nn::TapMatrix pack_linear(const CampplusLinear& stored, nn::ProductPrecision products) {
  std::vector<float> weights(stored.weights.size());
  for (std::size_t o = 0; o < stored.outs; ++o) {
    for (std::size_t i = 0; i < stored.ins; ++i) {
      for (std::size_t tap = 0; tap < stored.taps; ++tap) {
        weights[(o * stored.taps + tap) * stored.ins + i] =
            stored.weights[(o * stored.ins + i) * stored.taps + tap];
      }
    }
  }
  return {weights, stored.outs, stored.taps, stored.ins, stored.bias, products};
}

// The head gives [row of frequency, channel], the stored inputs are [channel, row of frequency]; five frames
// lie side by side and are one row.
nn::TapMatrix pack_tdnn(const CampplusLinear& stored, nn::ProductPrecision products) {
  std::vector<float> weights(stored.weights.size());
  for (std::size_t o = 0; o < stored.outs; ++o) {
    for (std::size_t tap = 0; tap < stored.taps; ++tap) {
      for (std::size_t row = 0; row < kCampplusRows; ++row) {
        for (std::size_t c = 0; c < kCampplusChannels; ++c) {
          weights[((o * stored.taps + tap) * kCampplusRows + row) * kCampplusChannels + c] =
              stored.weights[((o * stored.ins) + c * kCampplusRows + row) * stored.taps + tap];
        }
      }
    }
  }
  return {weights, stored.outs, 1, stored.taps * stored.ins, stored.bias, products};
}

// Rows of zeros up to a whole number of vectors.
nn::TapMatrix pack_dense(CampplusLinear stored) {
  const std::size_t padded = nn::padded_channels(stored.outs);
  stored.weights.resize(padded * stored.ins, 0.0f);
  stored.bias.resize(padded, 0.0f);
  stored.outs = padded;
  return pack_linear(stored, nn::ProductPrecision::kFloat32);
}

// relu?(conv(x)) at a frequency stride of 2; `border`: whether the filter reads one pixel before.
void run_strided(const nn::TapMatrix& matrix, const nn::Image& x, bool border, bool relu, float* out,
                 const nn::RowGrid& out_rows, std::size_t columns) {
  const long first = border ? -1 : 0;
  const nn::RowGrid rows{columns, x.row_stride(), 2 * x.channels()};
  nn::tap_gemm(matrix, {x.at(first, first), rows, x.row_stride()}, x.rows() * columns, {.relu = relu}, out,
               out_rows);
}

nn::RowGrid pixels_of(const nn::Image& image) {
  return {image.columns(), image.row_stride(), image.channels()};
}

}  // namespace

Campplus::Norm Campplus::pack(const CampplusNorm& norm) {
  Norm packed;
  std::copy(norm.scale.begin(), norm.scale.end(), packed.scale.reserve(norm.scale.size()));
  std::copy(norm.shift.begin(), norm.shift.end(), packed.shift.reserve(norm.shift.size()));
  return packed;
}

Campplus::Layer Campplus::pack(const CampplusDenseLayer& layer, nn::ProductPrecision products) {
  // The masks are products of a few rows: nothing is to be won.
  constexpr auto kExact = nn::ProductPrecision::kFloat32;
  return {pack(layer.norm), pack_linear(layer.bottleneck, products), pack_linear(layer.local, products),
          pack_linear(layer.mask1, kExact), pack_linear(layer.mask2, kExact)};
}

Campplus::Stage Campplus::pack(const CampplusStage& stage, nn::ProductPrecision products) {
  Stage packed;
  packed.dilation = stage.dilation;
  packed.in_channels = stage.layers.front().bottleneck.ins;
  for (const CampplusDenseLayer& layer : stage.layers) packed.layers.push_back(pack(layer, products));
  packed.norm = pack(stage.norm);
  packed.transit = pack_linear(stage.transit, products);
  return packed;
}

Campplus::Block Campplus::pack(const CampplusBlock& block, nn::ProductPrecision products) {
  Block packed;
  packed.strided = block.shortcut.has_value();
  if (packed.strided) {
    packed.strided1 = pack_strided(block.conv1, products);
    packed.shortcut = pack_strided(*block.shortcut, products);
  } else {
    packed.conv1 = pack_convolution(block.conv1, kCampplusChannels, products);
  }
  packed.conv2 = pack_convolution(block.conv2, kCampplusChannels, products);
  return packed;
}

Campplus::Campplus(const CampplusWeights& weights, nn::ProductPrecision products)
    : dimension_(weights.dimension),
      stem_(pack_convolution(weights.stem, 1, products)),
      last_(pack_strided(weights.last, products)),
      tdnn_(pack_tdnn(weights.tdnn, products)),
      dense_(pack_dense(weights.dense)) {
  for (std::size_t block = 0; block < blocks_.size(); ++block)
    blocks_[block] = pack(weights.blocks[block], products);
  for (const CampplusStage& stage : weights.stages) stages_.push_back(pack(stage, products));
}

void Campplus::run_block(const Block& block, CampplusScratch& scratch) {
  nn::Image& x = scratch.x;
  const std::size_t columns = block.strided ? x.columns() / 2 : x.columns();
  scratch.middle.reshape(x.rows(), columns, kCampplusChannels);
  if (block.strided) {
    run_strided(block.strided1, x, /*border=*/true, /*relu=*/true, scratch.middle.at(0, 0),
                pixels_of(scratch.middle), columns);
    scratch.spare.reshape(x.rows(), columns, kCampplusChannels);
    run_strided(block.shortcut, x, /*border=*/false, /*relu=*/false, scratch.spare.at(0, 0),
                pixels_of(scratch.spare), columns);
    std::swap(scratch.x, scratch.spare);
  } else {
    nn::conv2d(block.conv1, x, {.relu = true}, scratch.convolution, scratch.middle);
  }
  // The block's input is its residual and is not needed afterwards: the sum takes its place.
  nn::conv2d(block.conv2, scratch.middle, {.relu = true, .residual = &x}, scratch.convolution, x);
}

// features [T, 80] -> scratch.flat [T + 4, 10, 32]
void Campplus::run_head(std::span<const float> features, CampplusScratch& scratch) const {
  const std::size_t num_frames = features.size() / kCampplusMels;
  // The images of the last call have changed places; the largest one comes first.
  if (scratch.spare.capacity() > scratch.x.capacity()) std::swap(scratch.spare, scratch.x);
  nn::Image& input = scratch.middle;
  input.reshape(num_frames, kCampplusMels, 1);
  for (std::size_t t = 0; t < num_frames; ++t)
    std::copy_n(features.data() + t * kCampplusMels, kCampplusMels, input.at(static_cast<long>(t), 0));
  scratch.x.reshape(num_frames, kCampplusMels, kCampplusChannels);
  nn::conv2d(stem_, input, {.relu = true}, scratch.convolution, scratch.x);
  for (const Block& block : blocks_) run_block(block, scratch);
  constexpr std::size_t kFrame = kCampplusRows * kCampplusChannels;
  float* flat = scratch.flat.reserve((num_frames + 2 * kBorder) * kFrame);
  std::fill_n(flat, kBorder * kFrame, 0.0f);
  std::fill_n(flat + (kBorder + num_frames) * kFrame, kBorder * kFrame, 0.0f);
  run_strided(last_, scratch.x, /*border=*/true, /*relu=*/true, flat + kBorder * kFrame,
              nn::RowGrid::matrix(kCampplusChannels), kCampplusRows);
}

// What the bottleneck's frames, averaged over everything and over each segment, let through:
// scratch.masks [segments, 32].
void Campplus::compute_masks(const Layer& layer, std::size_t num_frames, CampplusScratch& scratch) {
  const std::size_t segments = (num_frames + kCampplusSegment - 1) / kCampplusSegment;
  const float* frames = scratch.bottleneck.data() + kBorder * kCampplusBottleneck;
  float* contexts = scratch.contexts.reserve(segments * kCampplusBottleneck);
  const auto length_of = [&](std::size_t segment) {
    return std::min(kCampplusSegment, num_frames - segment * kCampplusSegment);
  };
  for (std::size_t segment = 0; segment < segments; ++segment) {
    nn::column_sums(frames + segment * kCampplusSegment * kCampplusBottleneck, kCampplusBottleneck,
                    length_of(segment), kCampplusBottleneck, contexts + segment * kCampplusBottleneck);
  }
  for (std::size_t c = 0; c < kCampplusBottleneck; ++c) {
    float sum = 0.0f;
    for (std::size_t segment = 0; segment < segments; ++segment)
      sum += contexts[segment * kCampplusBottleneck + c];
    const float mean = sum / static_cast<float>(num_frames);
    for (std::size_t segment = 0; segment < segments; ++segment) {
      float& context = contexts[segment * kCampplusBottleneck + c];
      context = mean + context / static_cast<float>(length_of(segment));
    }
  }
  const std::size_t half = layer.mask1.outs();
  float* hidden = scratch.hidden.reserve(segments * half);
  float* masks = scratch.masks.reserve(segments * kCampplusChannels);
  nn::tap_gemm(layer.mask1, {contexts, nn::RowGrid::matrix(kCampplusBottleneck)}, segments, {.relu = true},
               hidden, nn::RowGrid::matrix(half));
  nn::tap_gemm(layer.mask2, {hidden, nn::RowGrid::matrix(half)}, segments, {}, masks,
               nn::RowGrid::matrix(kCampplusChannels));
  for (std::size_t i = 0; i < segments * kCampplusChannels; ++i)
    masks[i] = 1.0f / (1.0f + std::exp(-masks[i]));
}

// x [T / 2, channels of the stage]: appends 32 channels to those that earlier layers have written.
void Campplus::run_layer(const Stage& stage, std::size_t index, float* x, std::size_t num_frames,
                         CampplusScratch& scratch) {
  const Layer& layer = stage.layers[index];
  const std::size_t stride = stage.channels();
  const std::size_t channels = layer.bottleneck.depth();
  float* activated = scratch.activated.reserve(kStripRows * stride);
  float* frames = scratch.bottleneck.data() + kBorder * kCampplusBottleneck;
  for (std::size_t t = 0; t < num_frames; t += kStripRows) {
    const std::size_t rows = std::min(kStripRows, num_frames - t);
    nn::affine_relu(x + t * stride, stride, rows, channels, layer.norm.scale.data(), layer.norm.shift.data(),
                    activated, channels);
    nn::tap_gemm(layer.bottleneck, {activated, nn::RowGrid::matrix(channels)}, rows, {.relu = true},
                 frames + t * kCampplusBottleneck, nn::RowGrid::matrix(kCampplusBottleneck));
  }
  compute_masks(layer, num_frames, scratch);
  const nn::TapInput in{frames - stage.dilation * kCampplusBottleneck,
                        nn::RowGrid::matrix(kCampplusBottleneck), stage.dilation * kCampplusBottleneck};
  nn::tap_gemm(layer.local, in, num_frames,
               {.factors = scratch.masks.data(), .rows_per_factor = kCampplusSegment}, x + channels,
               nn::RowGrid::matrix(stride));
}

void Campplus::embed(std::span<const float> features, CampplusScratch& scratch,
                     std::span<float> embedding) const {
  if (features.empty() || features.size() % kCampplusMels != 0 || embedding.size() != dimension_)
    throw InvalidArgument(
        "embedding: the spans do not fit CAM++ (frames of 80 values in, one embedding out)");
  run_head(features, scratch);
  const std::size_t head_frames = features.size() / kCampplusMels;
  const std::size_t num_frames = (head_frames + kCampplusStride - 1) / kCampplusStride;
  float* bottleneck = scratch.bottleneck.reserve((num_frames + 2 * kBorder) * kCampplusBottleneck);
  std::fill_n(bottleneck, kBorder * kCampplusBottleneck, 0.0f);
  std::fill_n(bottleneck + (kBorder + num_frames) * kCampplusBottleneck, kBorder * kCampplusBottleneck, 0.0f);
  float* x = scratch.dense[0].reserve(num_frames * stages_.front().channels());
  nn::tap_gemm(
      tdnn_, {scratch.flat.data(), nn::RowGrid::matrix(kCampplusStride * kCampplusRows * kCampplusChannels)},
      num_frames, {.relu = true}, x, nn::RowGrid::matrix(stages_.front().channels()));
  std::size_t width = 0;
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    const Stage& stage = stages_[s];
    for (std::size_t layer = 0; layer < stage.layers.size(); ++layer)
      run_layer(stage, layer, x, num_frames, scratch);
    const bool is_last = s + 1 == stages_.size();
    width = is_last ? stage.transit.outs() : stages_[s + 1].channels();
    float* next = scratch.dense[(s + 1) % 2].reserve(num_frames * width);
    const std::size_t channels = stage.channels();
    float* activated = scratch.activated.reserve(kStripRows * channels);
    for (std::size_t t = 0; t < num_frames; t += kStripRows) {
      const std::size_t rows = std::min(kStripRows, num_frames - t);
      nn::affine_relu(x + t * channels, channels, rows, channels, stage.norm.scale.data(),
                      stage.norm.shift.data(), activated, channels);
      nn::tap_gemm(stage.transit, {activated, nn::RowGrid::matrix(channels)}, rows, {.relu = is_last},
                   next + t * width, nn::RowGrid::matrix(width));
    }
    x = next;
  }
  scratch.ones.assign(num_frames, 1.0f);
  scratch.pooled.resize(2 * width);
  nn::stats_pool({x, num_frames * width}, scratch.ones, scratch.pooled);
  float* out = scratch.hidden.reserve(dense_.outs());
  nn::tap_gemm(dense_, {scratch.pooled.data(), nn::RowGrid::matrix(0)}, 1, {}, out, nn::RowGrid::matrix(0));
  std::copy_n(out, dimension_, embedding.begin());
}

}  // namespace diar::cpu
