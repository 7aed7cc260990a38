// The weights of the segmentation network, checked and packed for the kernels.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "core/tensor.h"
#include "networks/pyannet/geometry.h"
#include "nn/kernels/lane_gemm.h"
#include "nn/kernels/sinc_conv.h"
#include "nn/lstm.h"

namespace diar::cpu {

/// Scale and offset of an instance norm.
struct InstanceNorm {
  std::vector<float> weight;
  std::vector<float> bias;
};

struct PyanNetWeights {
  float wav_weight = 1.0f;
  float wav_bias = 0.0f;
  nn::SincBank filters;
  std::array<nn::PackedMatrix, 2> convolutions;  // [60, 5 * 80], [60, 5 * 60], taps major
  std::array<InstanceNorm, 3> norms;
  std::array<std::array<nn::LstmDirection, 2>, kLstmLayers> lstm;  // forward, backward
  std::array<nn::PackedMatrix, 2> linear;
  nn::PackedMatrix classifier;
};

/// Throws `ModelError` naming the first tensor that is missing or has another shape.
PyanNetWeights read_pyannet(const Weights& weights);

}  // namespace diar::cpu
