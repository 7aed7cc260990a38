// Frames of a few windows in, one direction of an LSTM layer out, with units in the vector lanes.
#pragma once

#include <cstddef>

#include "nn/kernels/row_gemm.h"
#include "nn/lstm.h"

namespace diar::nn {

/// The weights of `LstmDirection` in the order of `row_gemm`.
struct NarrowLstmDirection {
  RowMatrix input;
  RowMatrix recurrent;
};

/// Layer of a few windows: in [B, T, inputs] -> its half of out [B, T, 2 U], as in `run_lstm_direction`.
struct NarrowLstmFrames {
  const float* in;
  float* out;
  std::size_t num_windows;
  std::size_t num_frames;
};

/// What `run_lstm_direction` gives for these windows, to the bit. The windows go step by step together, so
/// that the recurrent weights are read once for all of them. No aliasing.
void run_narrow_lstm_direction(const NarrowLstmDirection& weights, const NarrowLstmFrames& frames,
                               LstmOrder order, LstmScratch& scratch);

}  // namespace diar::nn
