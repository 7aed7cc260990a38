// A feature map in, the feature map after one residual block of the ResNet out.
#pragma once

#include "networks/resnet34/weights.h"
#include "nn/kernels/conv2d.h"
#include "nn/kernels/image.h"

namespace diar::cpu {

/// Folded weights in the order of the kernels. Images here have time as rows and frequency as columns,
/// PyTorch's the other way round: the taps are transposed. The weights go into the `arena`, if there is one.
nn::Convolution pack(FoldedConvolution folded, std::size_t in_padded, nn::WeightArena* arena = nullptr);

/// relu(conv2(relu(conv1(x))) + shortcut(x)), the shortcut being x itself where the shape does not change.
struct PackedBlock {
  nn::Convolution conv1;
  nn::Convolution conv2;
  bool has_shortcut = false;
  nn::Convolution shortcut;
};
PackedBlock pack(ResNetBlock block, nn::ProductPrecision products = nn::ProductPrecision::kFloat32,
                 nn::WeightArena* arena = nullptr);
/// Floats of an arena that a block takes.
std::size_t packed_size(const ResNetBlockPlace& place, nn::ProductPrecision products);

/// Memory of one thread. `x` is input and output of a block.
struct BlockImages {
  nn::Image x;
  nn::Image middle;
  nn::Image spare;
  nn::ConvScratch convolution;
};

/// images.x [rows, columns, padded in_channels] -> images.x [ceil(rows / stride), ceil(columns / stride),
/// padded out_channels]. Oracle: WeSpeaker's BasicBlock in pyannote.audio.
void run_block(const PackedBlock& block, BlockImages& images);

}  // namespace diar::cpu
