// CAM++ on the CPU: filter banks of one speaker's speech in, an embedding out.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "networks/campplus/weights.h"
#include "nn/kernels/aligned_buffer.h"
#include "nn/kernels/conv2d.h"
#include "nn/kernels/tap_gemm.h"

namespace diar::cpu {

/// Memory of one thread: about 30 MB for 10 s. Grows and is then used again.
struct CampplusScratch {
  nn::Image x, middle, spare;
  nn::ConvScratch convolution;
  nn::AlignedBuffer flat;        // [T + 4, rows of frequency, channels]: the head's output between zeros
  nn::AlignedBuffer dense[2];    // [T / 2, channels of a stage]: a stage's input and its transit's output
  nn::AlignedBuffer activated;   // some rows of a layer's input after its norm
  nn::AlignedBuffer bottleneck;  // [T / 2 + 4, 128] between zeros
  nn::AlignedBuffer contexts, hidden, masks;  // [segments, 128 | 64 | 32]
  std::vector<float> ones, pooled;
};

/// Packed weights. `embed` is const and may be called from several threads, each with its own scratch.
/// Features are what the network was trained with: for 3D-Speaker `FilterBank` with Povey's window on samples
/// in [-1, 1], for WeSpeaker the same with a Hamming window on samples times 32768; both minus their mean.
class Campplus {
 public:
  /// With `kBfloat16` all products but those of the first convolution, the masks and the last layer; sums and
  /// what lies between the layers stay float32.
  explicit Campplus(const CampplusWeights& weights,
                    nn::ProductPrecision products = nn::ProductPrecision::kFloat32);

  std::size_t dimension() const noexcept { return dimension_; }
  /// features [T, 80], T at least 1; embedding [dimension()]. The result depends on these features alone.
  /// Throws `InvalidArgument` when the spans do not fit.
  /// Oracle: 3D-Speaker's CAMPPlus in PyTorch; one frame alone has deviations of zero, where PyTorch has
  /// none.
  void embed(std::span<const float> features, CampplusScratch& scratch, std::span<float> embedding) const;

 private:
  struct Block {
    bool strided = false;
    nn::Convolution conv1;   // at stride 1
    nn::TapMatrix strided1;  // at a frequency stride of 2
    nn::TapMatrix shortcut;  // of a strided block
    nn::Convolution conv2;
  };
  struct Norm {
    nn::AlignedBuffer scale, shift;
  };
  struct Layer {
    Norm norm;
    nn::TapMatrix bottleneck, local, mask1, mask2;
  };
  struct Stage {
    std::size_t dilation = 1;
    std::size_t in_channels = 0;
    std::vector<Layer> layers;
    Norm norm;
    nn::TapMatrix transit;

    std::size_t channels() const { return in_channels + layers.size() * kCampplusChannels; }
  };

  static Norm pack(const CampplusNorm& norm);
  static Layer pack(const CampplusDenseLayer& layer, nn::ProductPrecision products);
  static Stage pack(const CampplusStage& stage, nn::ProductPrecision products);
  static Block pack(const CampplusBlock& block, nn::ProductPrecision products);

  void run_head(std::span<const float> features, CampplusScratch& scratch) const;
  static void run_block(const Block& block, CampplusScratch& scratch);
  static void run_layer(const Stage& stage, std::size_t index, float* x, std::size_t num_frames,
                        CampplusScratch& scratch);
  static void compute_masks(const Layer& layer, std::size_t num_frames, CampplusScratch& scratch);

  std::size_t dimension_ = 0;
  nn::Convolution stem_;
  std::array<Block, 4> blocks_;
  nn::TapMatrix last_;
  nn::TapMatrix tdnn_;
  std::vector<Stage> stages_;
  nn::TapMatrix dense_;
};

}  // namespace diar::cpu
