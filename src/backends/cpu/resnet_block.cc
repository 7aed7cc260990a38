#include "backends/cpu/resnet_block.h"

#include <utility>

namespace diar::cpu {

nn::Convolution pack(const FoldedConvolution& folded, std::size_t in_padded) {
  const std::size_t k = folded.shape.kernel;
  std::vector<float> taps(folded.taps.size());
  for (std::size_t filter = 0; filter < taps.size(); filter += k * k) {
    for (std::size_t tap = 0; tap < k * k; ++tap)
      taps[filter + tap % k * k + tap / k] = folded.taps[filter + tap];
  }
  return {folded.shape, in_padded, taps, folded.bias};
}

PackedBlock pack(const ResNetBlock& block) {
  PackedBlock packed;
  packed.conv1 = pack(block.conv1, nn::padded_channels(block.conv1.shape.in_channels));
  packed.conv2 = pack(block.conv2, nn::padded_channels(block.conv2.shape.in_channels));
  packed.has_shortcut = block.shortcut.has_value();
  if (block.shortcut)
    packed.shortcut = pack(*block.shortcut, nn::padded_channels(block.shortcut->shape.in_channels));
  return packed;
}

void run_block(const PackedBlock& block, BlockImages& images) {
  const std::size_t stride = block.conv1.shape().stride;
  const std::size_t rows = (images.x.rows() + stride - 1) / stride;
  const std::size_t columns = (images.x.columns() + stride - 1) / stride;
  const std::size_t channels = block.conv1.out_padded();
  images.middle.reshape(rows, columns, channels);
  nn::conv2d(block.conv1, images.x, {.relu = true}, images.convolution, images.middle);
  if (block.has_shortcut) {
    images.spare.reshape(rows, columns, channels);
    nn::conv2d(block.shortcut, images.x, {}, images.convolution, images.spare);
    std::swap(images.x, images.spare);
  }
  // The block's input is its residual and is not needed afterwards: the sum takes its place.
  nn::conv2d(block.conv2, images.middle, {.relu = true, .residual = &images.x}, images.convolution, images.x);
}

}  // namespace diar::cpu
