// Two-dimensional convolution with bias, residual and ReLU in one pass: direct for any stride, Winograd for
// 3x3 at stride 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "nn/kernels/aligned_buffer.h"
#include "nn/kernels/image.h"
#include "nn/kernels/products.h"
#include "nn/kernels/winograd.h"

namespace diar::nn {

/// Channels are padded with zeros to a multiple of this, the lanes of a vector (8 with AVX2).
std::size_t channel_multiple();
std::size_t padded_channels(std::size_t channels);

/// Shape of a convolution and its arithmetic; padding is (kernel - 1) / 2 on every side.
struct ConvShape {
  std::size_t in_channels = 1;
  std::size_t out_channels = 1;
  std::size_t kernel = 3;  ///< 1 or 3
  std::size_t stride = 1;  ///< 1 or 2
  /// bfloat16 rounds Winograd's tiles and weights after their transforms. The first convolution, whose one
  /// channel has no pair, is float32 always.
  ProductPrecision products = ProductPrecision::kFloat32;
};

/// What follows the sum.
struct ConvEpilogue {
  bool relu = false;
  /// Added before the ReLU; the shape of the output. May be the output image itself.
  const Image* residual = nullptr;
};

/// Weights in the order of the kernel that will use them.
class Convolution {
 public:
  Convolution() = default;
  /// weights [out_channels, in_channels, kernel, kernel] with taps (row, column), bias [out_channels].
  /// `in_padded`: the channels that input images have (1 for the first convolution, else
  /// padded_channels(in_channels)). The weights go into the `arena`, which outlives this, or into memory of
  /// its own.
  Convolution(const ConvShape& shape, std::size_t in_padded, std::span<const float> weights,
              std::span<const float> bias, WeightArena* arena = nullptr);
  /// Floats that the packed weights of such a convolution take.
  static std::size_t packed_size(const ConvShape& shape, std::size_t in_padded);

  const ConvShape& shape() const noexcept { return shape_; }
  std::size_t in_padded() const noexcept { return in_padded_; }
  std::size_t out_padded() const noexcept { return out_padded_; }
  bool uses_winograd() const noexcept { return winograd_; }
  /// Which Winograd kernel the weights are packed for.
  const WinogradPoints& winograd() const noexcept { return points_; }
  bool uses_bf16() const noexcept { return bf16_; }
  /// Floats, unless `uses_bf16`: then [out blocks, taps, in / 2, block, 2], pairs of in-channels side by
  /// side.
  const float* packed() const noexcept { return packed_; }
  const std::uint16_t* packed_bf16() const noexcept {
    return reinterpret_cast<const std::uint16_t*>(packed_);
  }
  const float* bias() const noexcept { return bias_.data(); }

 private:
  template <class Element>
  void pack(std::span<const float> weights, Element* packed) const;
  template <class Element>
  void pack_direct(std::span<const float> weights, Element* packed) const;
  template <class Element>
  void pack_winograd(std::span<const float> weights, Element* packed) const;

  ConvShape shape_;
  std::size_t in_padded_ = 0;
  std::size_t out_padded_ = 0;
  bool winograd_ = false;
  bool bf16_ = false;
  WinogradPoints points_ = kWinograd4;
  AlignedBuffer own_;        // without an arena
  float* packed_ = nullptr;  // [out blocks, taps, in, block], a block being a few vectors
  AlignedBuffer bias_;       // [out_padded]
};

/// Memory of one thread for transforms and conversions.
struct ConvScratch {
  AlignedBuffer inputs;   // [taps, tiles or pixels, in channels] in the kernel's order
  AlignedBuffer outputs;  // [taps, tiles, block of out channels]
};

/// out [ceil(rows / stride), ceil(columns / stride), out_padded] = relu?(conv(in) + bias + residual?). `out`
/// has been reshaped by the caller and is not `in`.
void conv2d(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
            ConvScratch& scratch, Image& out);

/// Out-channels that one packed block of a Winograd or of a direct convolution holds.
std::size_t out_block(std::size_t out_padded);
std::size_t direct_block(std::size_t out_padded);

/// Multiply-adds that `conv2d` does for an output of this size, padding of tiles and channels included (the
/// transforms of Winograd are not counted): what a benchmark compares with the peak.
double conv2d_products(const Convolution& convolution, std::size_t out_rows, std::size_t out_columns);

void conv2d_direct(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                   ConvScratch& scratch, Image& out);
/// F(4x4, 3x3): 36 multiplications for 16 outputs instead of 144; F(5x5, 3x3): 49 for 25 instead of 225.
void conv2d_winograd(const Convolution& convolution, const Image& in, const ConvEpilogue& epilogue,
                     ConvScratch& scratch, Image& out);

/// A convolution for the references, all dense and row-major.
struct ConvProblem {
  ConvShape shape;
  std::span<const float> weights;  ///< [out_channels, in_channels, kernel, kernel]
  std::span<const float> bias;     ///< [out_channels]
  std::span<const float> in;       ///< [in_channels, rows, columns]
  std::size_t rows;                ///< of the input
  std::size_t columns;
  std::span<const float> residual;  ///< [out_channels, rows', columns'], or empty
  bool relu;
};
/// What `conv2d` computes, with plain loops in double -> out [out_channels, rows', columns'].
void conv2d_reference(const ConvProblem& problem, std::span<float> out);
/// Winograd with the rounding of bfloat16: plain loops in double, but transformed tiles and weights
/// are rounded to bfloat16. Tiles of which float32 holds every bit are then rounded as the kernel rounds
/// them.
void conv2d_bf16_reference(const ConvProblem& problem, const WinogradPoints& points, std::span<float> out);

}  // namespace diar::nn
