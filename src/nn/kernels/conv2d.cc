#include "nn/kernels/conv2d.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

#include "core/instruction_set.h"

namespace diar::nn {
namespace {

// From here on the multiply-adds outweigh the costlier transforms of F(5x5, 3x3).
constexpr std::size_t kFewestForWinograd5 = 128;

bool takes_winograd(const ConvShape& shape, std::size_t in_padded) {
  return shape.kernel == 3 && shape.stride == 1 && in_padded % channel_multiple() == 0;
}

bool takes_bf16(const ConvShape& shape, std::size_t in_padded) {
  return shape.products == ProductPrecision::kBfloat16 && in_padded % channel_multiple() == 0 &&
         has_bf16_products();
}

const WinogradPoints& points_for(const ConvShape& shape) {
  return std::min(shape.in_channels, shape.out_channels) >= kFewestForWinograd5 ? kWinograd5 : kWinograd4;
}

}  // namespace

std::size_t padded_channels(std::size_t channels) {
  const std::size_t multiple = channel_multiple();
  return (channels + multiple - 1) / multiple * multiple;
}

std::size_t out_block(std::size_t out_padded) {
  const std::size_t two_vectors = 2 * channel_multiple();
  return out_padded % two_vectors == 0 ? two_vectors : channel_multiple();
}

Convolution::Convolution(const ConvShape& shape, std::size_t in_padded, std::span<const float> weights,
                         std::span<const float> bias, WeightArena* arena)
    : shape_(shape),
      in_padded_(in_padded),
      out_padded_(padded_channels(shape.out_channels)),
      winograd_(takes_winograd(shape, in_padded)),
      bf16_(takes_bf16(shape, in_padded)),
      points_(points_for(shape)) {
  assert(weights.size() == shape.out_channels * shape.in_channels * shape.kernel * shape.kernel);
  assert(bias.size() == shape.out_channels && in_padded >= shape.in_channels);
  float* padded = bias_.reserve(out_padded_);
  for (std::size_t o = 0; o < out_padded_; ++o) padded[o] = o < bias.size() ? bias[o] : 0.0f;
  const std::size_t size = packed_size(shape, in_padded);
  packed_ = arena != nullptr ? arena->take(size) : own_.reserve(size);
  if (bf16_) {
    pack(weights, reinterpret_cast<std::uint16_t*>(packed_));
  } else {
    pack(weights, packed_);
  }
}

template <class Element>
void Convolution::pack(std::span<const float> weights, Element* packed) const {
  winograd_ ? pack_winograd(weights, packed) : pack_direct(weights, packed);
}

std::size_t Convolution::packed_size(const ConvShape& shape, std::size_t in_padded) {
  const std::size_t side = takes_winograd(shape, in_padded) ? points_for(shape).tile() : shape.kernel;
  const std::size_t size = side * side * in_padded * padded_channels(shape.out_channels);
  return takes_bf16(shape, in_padded) ? size / 2 : size;
}

template <class Element>
void Convolution::pack_direct(std::span<const float> weights, Element* packed) const {
  const std::size_t taps = shape_.kernel * shape_.kernel;
  const std::size_t block = direct_block(out_padded_);
  for (std::size_t o = 0; o < out_padded_; ++o) {
    for (std::size_t i = 0; i < in_padded_; ++i) {
      const bool real = o < shape_.out_channels && i < shape_.in_channels;
      for (std::size_t tap = 0; tap < taps; ++tap) {
        store_weight(packed + (o / block * taps + tap) * in_padded_ * block, i, block, o % block,
                     real ? weights[(o * shape_.in_channels + i) * taps + tap] : 0.0f);
      }
    }
  }
}

// The filters of one block of output channels lie side by side while they are transformed: the loops over
// them become vector code, and each row of the packed weights is written whole (bfloat16: every other place
// of the row of its pair).
template <class Element>
void Convolution::pack_winograd(std::span<const float> weights, Element* packed) const {
  const std::size_t block = out_block(out_padded_);
  const std::size_t tile = points_.tile();
  const std::size_t taps = tile * tile;
  // Padded channels are zero.
  if (in_padded_ != shape_.in_channels || out_padded_ != shape_.out_channels)
    std::fill_n(packed, taps * in_padded_ * out_padded_, Element{});
  std::array<std::array<double, 3>, kMaxWinogradTile> g = {};
  for (std::size_t tap = 0; tap < tile; ++tap) {
    for (std::size_t power = 0; power < 3; ++power) g[tap][power] = points_.g(tap, power);
  }
  std::vector<double> filters(9 * block, 0.0);  // [3, 3, block]
  std::vector<double> half(tile * 3 * block);   // G g: [tile, 3, block]
  for (std::size_t b = 0; b < out_padded_ / block; ++b) {
    const std::size_t lanes = std::min(block, shape_.out_channels - std::min(shape_.out_channels, b * block));
    for (std::size_t i = 0; i < shape_.in_channels; ++i) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const float* filter = weights.data() + ((b * block + lane) * shape_.in_channels + i) * 9;
        for (std::size_t tap = 0; tap < 9; ++tap) filters[tap * block + lane] = filter[tap];
      }
      for (std::size_t row = 0; row < tile; ++row) {
        for (std::size_t x = 0; x < 3 * block; ++x) {
          half[row * 3 * block + x] = g[row][0] * filters[x] + g[row][1] * filters[3 * block + x] +
                                      g[row][2] * filters[6 * block + x];
        }
      }
      for (std::size_t tap = 0; tap < taps; ++tap) {
        const double* h = half.data() + tap / tile * 3 * block;
        const std::array<double, 3>& column = g[tap % tile];
        Element* row = packed + (b * taps + tap) * in_padded_ * block;
        for (std::size_t lane = 0; lane < lanes; ++lane) {
          const auto value = static_cast<float>(column[0] * h[lane] + column[1] * h[block + lane] +
                                                column[2] * h[2 * block + lane]);
          store_weight(row, i, block, lane, value);
        }
      }
    }
  }
}

void conv2d(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
            ConvScratch& scratch, Image& out) {
  assert(in.channels() == convolution.in_padded() && out.channels() == convolution.out_padded());
  assert(out.rows() == (in.rows() + convolution.shape().stride - 1) / convolution.shape().stride);
  if (convolution.uses_winograd()) {
    conv2d_winograd(convolution, in, epilogue, scratch, out);
  } else {
    conv2d_direct(convolution, in, epilogue, scratch, out);
  }
}

double conv2d_products(const Convolution& convolution, std::size_t out_rows, std::size_t out_columns) {
  const std::size_t channels = convolution.in_padded() * convolution.out_padded();
  const std::size_t kernel = convolution.shape().kernel;
  if (!convolution.uses_winograd())
    return static_cast<double>(out_rows * out_columns * kernel * kernel * channels);
  const WinogradPoints& points = convolution.winograd();
  const auto tiles = [&](std::size_t pixels) { return (pixels + points.outs - 1) / points.outs; };
  return static_cast<double>(tiles(out_rows) * tiles(out_columns) * points.tile() * points.tile() * channels);
}

}  // namespace diar::nn
