// The segmentation network (PyanNet) as MLX operations.
#pragma once

#include <array>
#include <vector>

#include "core/tensor.h"
#include "networks/pyannet/mlx_lstm.h"

namespace diar::mlx_backend {

/// Made and used on the MLX thread. Channels come last everywhere.
class PyanNet {
 public:
  /// Throws `ModelError` naming the first tensor that is missing or has another shape.
  PyanNet(const Weights& weights, const mx::Device& device);

  float wav_weight() const noexcept { return wav_weight_; }
  float wav_bias() const noexcept { return wav_bias_; }

  /// waveforms [B, samples], normalised -> log-probabilities [B, T, 7]. Evaluates after every LSTM layer.
  mx::array forward(const mx::array& waveforms) const;

 private:
  struct Linear {
    mx::array weight;  // [inputs, outputs]
    mx::array bias;
  };
  struct ConvLayer {
    mx::array weight;  // [outputs, taps, inputs]
    mx::array bias;    // [outputs]; zeros for the sinc filters
    mx::array norm_weight;
    mx::array norm_bias;
  };

  mx::array front_end(const mx::array& waveforms) const;
  mx::array head(const mx::array& x) const;
  ConvLayer read_convolution(const Weights& weights, std::size_t layer) const;
  Linear read_linear(const Weights& weights, const std::string& name, std::size_t out, std::size_t in) const;
  void evaluate_parameters() const;

  mx::Device device_;
  float wav_weight_;
  float wav_bias_;
  std::vector<ConvLayer> convolutions_;
  std::vector<BidirectionalLstm> lstm_;
  std::vector<Linear> linear_;  // two, then the classifier
  std::function<std::vector<mx::array>(const std::vector<mx::array>&)> scale_leaky_relu_;
  std::function<std::vector<mx::array>(const std::vector<mx::array>&)> leaky_relu_;
};

}  // namespace diar::mlx_backend
