// Frames of several windows side by side in, one direction of an LSTM layer out.
#pragma once

#include <cstddef>
#include <string>

#include "core/tensor.h"
#include "nn/kernels/aligned_buffer.h"
#include "nn/kernels/lane_gemm.h"

namespace diar::nn {

/// Weights of one direction of one layer; U units.
struct LstmDirection {
  PackedMatrix input;      ///< [4 U, inputs] in the order i f g o, with the sum of both biases
  PackedMatrix recurrent;  ///< [4 U, U]
};

/// Reads `PREFIXweight_ih_SUFFIX`, `weight_hh`, `bias_ih` and `bias_hh` of torch.nn.LSTM; suffix "l0",
/// "l0_reverse", ... Throws `ModelError`.
LstmDirection read_lstm_direction(const Weights& weights, const std::string& prefix,
                                  const std::string& suffix, std::size_t inputs, std::size_t units);

/// Memory of one thread, kept between calls.
struct LstmScratch {
  AlignedBuffer gates;
  AlignedBuffer cell;
};

enum class LstmOrder { kForward, kBackward };

/// in [T, inputs, L] -> its half of out [T, 2 U, L]: the first U rows of a frame forward, the others
/// backward. States start at zero. Lane layout (see kernels/lane_gemm.h), no aliasing. The input product of a
/// few steps is computed at once, so that its weights are read once for all of them; then the steps follow
/// one by one. Oracle: torch.nn.LSTM(bidirectional=True).
void run_lstm_direction(const LstmDirection& weights, const float* in, std::size_t num_frames,
                        LstmOrder order, float* out, LstmScratch& scratch);

}  // namespace diar::nn
