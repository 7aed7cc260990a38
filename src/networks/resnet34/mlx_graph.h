// The embedding network (WeSpeaker ResNet34) as MLX operations.
#pragma once

#include <optional>
#include <vector>

#include "backends/mlx/runtime.h"
#include "networks/resnet34/weights.h"

namespace diar::mlx_backend {

/// Made and used on the MLX thread. Images are [windows, time, mels, channels].
class ResNet {
 public:
  /// `trunk_type`: type of the convolutions' weights and of all between them; the pooling and the last layer
  /// are float32 always.
  ResNet(const ResNetWeights& weights, mx::Dtype trunk_type, const mx::Device& device);

  std::size_t dimension() const noexcept { return dimension_; }
  /// Rough bytes of the intermediate results of one window of so many frames.
  std::size_t window_bytes(std::size_t num_frames) const noexcept;

  /// features [B, T, 80] float32 -> frames [B, ceil(T / 8), 10 * channels] float32.
  mx::array trunk(const mx::array& features) const;
  /// frames [B, T, D], weights [B, S, T] in [0, 1] -> embeddings [B, S, dimension].
  mx::array pool_and_project(const mx::array& frames, const mx::array& weights) const;

 private:
  struct Convolution {
    mx::array weight;  // [out, time taps, mel taps, in]
    mx::array bias;    // [out]
    int stride;
    int padding;
  };
  struct Block {
    Convolution conv1;
    Convolution conv2;
    std::optional<Convolution> shortcut;
  };
  using Function = std::function<std::vector<mx::array>(const std::vector<mx::array>&)>;

  Convolution pack(const FoldedConvolution& folded) const;
  mx::array convolve(const Convolution& convolution, const mx::array& x) const;

  mx::Device device_;
  mx::Dtype type_;
  std::size_t dimension_;
  std::size_t stem_channels_;
  std::optional<Convolution> stem_;
  std::vector<Block> blocks_;
  mx::array projection_;  // [2 * 10 * channels, dimension]
  mx::array bias_;        // [dimension]
  Function bias_relu_;
  Function residual_relu_;
};

}  // namespace diar::mlx_backend
