// PyanNet for one or a few windows, with channels and units in the vector lanes: what the windows' lanes of
// cpu.cc give, to the bit, without computing the lanes that no window fills.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "networks/pyannet/cpu_front_end.h"
#include "networks/pyannet/cpu_weights.h"
#include "nn/kernels/row_gemm.h"
#include "nn/narrow_lstm.h"

namespace diar::cpu {

/// Windows [first, first + count) of a batch.
struct NarrowGroup {
  const WindowBatch* batch;
  std::size_t first;
  std::size_t count;
};

/// Memory of one group.
struct NarrowScratch {
  nn::AlignedBuffer phases;
  nn::AlignedBuffer sinc;                   // [80, frames], of windows that share a convolution
  nn::AlignedBuffer block;                  // one block of frames
  nn::AlignedBuffer first;                  // after the first convolution, one window [T, 80]
  nn::AlignedBuffer second;                 // after the second, one window [T, 60]
  nn::AlignedBuffer third;                  // after the third, all windows [B, T, 60]
  std::array<nn::AlignedBuffer, 2> layers;  // of the LSTM in turn, [B, T, 256]
  std::vector<double> sums;
  std::vector<double> squares;
  std::vector<float> scale;
  std::vector<float> shift;
};

/// The steps of a run, one after another; between two groups nothing is shared. Immutable: several threads
/// may use one object, each with scratch memory of its own.
class NarrowPyanNet {
 public:
  /// Packs the weights a second time (6 MB); borrows `net`.
  explicit NarrowPyanNet(const PyanNetWeights& net);

  /// Everything before the LSTM.
  void convolutions(const NarrowGroup& group, NarrowScratch& scratch) const;
  /// Both directions of a layer may run at the same time, each with its own `lstm` memory.
  void lstm_direction(const NarrowGroup& group, std::size_t layer, nn::LstmOrder order,
                      NarrowScratch& scratch, nn::LstmScratch& lstm) const;
  /// -> log_probs [count, T, classes].
  void head(const NarrowGroup& group, NarrowScratch& scratch, float* log_probs) const;

 private:
  void pool_first(const SincFrames& filtered, std::size_t window, std::size_t num_pooled,
                  NarrowScratch& scratch) const;
  void convolve(std::size_t layer, const float* in, std::size_t num_out, float* out,
                NarrowScratch& scratch) const;
  void normalise(std::size_t layer, float* x, std::size_t num_frames, NarrowScratch& scratch) const;

  const PyanNetWeights& net_;
  std::array<nn::RowMatrix, 2> convolutions_;
  std::array<std::array<nn::NarrowLstmDirection, 2>, kLstmLayers> lstm_;  // forward, backward
  std::array<nn::RowMatrix, 2> linear_;
  nn::RowMatrix classifier_;
};

}  // namespace diar::cpu
