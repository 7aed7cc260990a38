// What every backend of the embedding network shares: its tensors, checked, with the batch norms folded into
// the convolutions, and the check of its arguments.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "networks/resnet34/network.h"
#include "nn/kernels/conv2d.h"

namespace diar {

inline constexpr std::size_t kEmbeddingMels = 80;
/// Rows of frequency after the last block.
inline constexpr std::size_t kEmbeddingRows = kEmbeddingMels / 8;
/// Feature frames for each frame after the last block.
inline constexpr std::size_t kTrunkStride = 8;

struct FoldedConvolution {
  nn::ConvShape shape;
  std::vector<float> taps;  ///< [out, in, mel taps, time taps], as stored
  std::vector<float> bias;  ///< [out]
};

/// A block that has not been read yet.
struct ResNetBlockPlace {
  std::string name;  ///< of its tensors, up to the last dots
  std::size_t in_channels = 0;
  std::size_t out_channels = 0;
  std::size_t stride = 1;
};

struct ResNetBlock {
  FoldedConvolution conv1;
  FoldedConvolution conv2;
  std::optional<FoldedConvolution> shortcut;
};

struct ResNetWeights {
  FoldedConvolution stem;
  std::vector<ResNetBlock> blocks;
  std::size_t channels = 0;       ///< after the last block
  std::size_t dimension = 0;      ///< of the embedding
  std::vector<float> projection;  ///< [dimension, 2 statistics, channels, rows of frequency], as stored
  std::vector<float> bias;        ///< [dimension]
};

/// One block: `NAME.{conv1,bn1,conv2,bn2,shortcut.0,shortcut.1}`. Throws `ModelError`.
ResNetBlock read_resnet_block(const Weights& weights, const ResNetBlockPlace& place);

/// The blocks from the first to the last, as the first convolution's width tells. Throws `ModelError`.
std::vector<ResNetBlockPlace> resnet_blocks(const Weights& weights);
/// What lies around the blocks; `blocks` stays empty. Throws `ModelError`.
ResNetWeights read_resnet_ends(const Weights& weights);
/// Both: all in memory at once. Throws `ModelError` naming the first tensor that is missing or has an
/// impossible shape.
ResNetWeights read_resnet_weights(const Weights& weights);

/// Throws `InvalidArgument` when the spans and `num_values` outputs do not fit the batch.
void check_embedding_spans(const FeatureBatch& batch, std::size_t dimension, std::size_t num_values);
void check_segment(const TrunkSegment& segment, std::size_t channels);
void check_pooled(const PooledWindow& window, std::size_t channels, std::size_t dimension);

}  // namespace diar
