#include "networks/resnet34/cpu_block.h"

#include <utility>

namespace diar::cpu {

nn::Convolution pack(FoldedConvolution folded, std::size_t in_padded, nn::WeightArena* arena) {
  const std::size_t k = folded.shape.kernel;
  for (std::size_t filter = 0; filter < folded.taps.size(); filter += k * k) {
    for (std::size_t row = 0; row < k; ++row) {
      for (std::size_t column = row + 1; column < k; ++column)
        std::swap(folded.taps[filter + row * k + column], folded.taps[filter + column * k + row]);
    }
  }
  return {folded.shape, in_padded, folded.taps, folded.bias, arena};
}

PackedBlock pack(ResNetBlock block, nn::ProductPrecision products, nn::WeightArena* arena) {
  const auto packed_one = [&](FoldedConvolution& folded) {
    folded.shape.products = products;
    const std::size_t in_padded = nn::padded_channels(folded.shape.in_channels);
    return pack(std::move(folded), in_padded, arena);
  };
  PackedBlock packed;
  packed.conv1 = packed_one(block.conv1);
  packed.conv2 = packed_one(block.conv2);
  packed.has_shortcut = block.shortcut.has_value();
  if (block.shortcut) packed.shortcut = packed_one(*block.shortcut);
  return packed;
}

std::size_t packed_size(const ResNetBlockPlace& place, nn::ProductPrecision products) {
  const auto packed_bytes = [](const nn::ConvShape& shape) {
    return nn::WeightArena::rounded_up(
        nn::Convolution::packed_size(shape, nn::padded_channels(shape.in_channels)));
  };
  const auto& [name, in, out, stride] = place;
  const bool shortcut = stride != 1 || in != out;
  return packed_bytes({in, out, 3, stride, products}) + packed_bytes({out, out, 3, 1, products}) +
         (shortcut ? packed_bytes({in, out, 1, stride, products}) : 0);
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
