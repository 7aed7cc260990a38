#include "nn/narrow_lstm.h"

#include <algorithm>

#include "nn/kernels/lane_ops.h"

namespace diar::nn {
namespace {

// Steps whose input products are computed together: their weights are read once for all of them.
constexpr std::size_t kBlock = 48;

}  // namespace

void run_narrow_lstm_direction(const NarrowLstmDirection& weights, const NarrowLstmFrames& frames,
                               LstmOrder order, LstmScratch& scratch) {
  const bool backward = order == LstmOrder::kBackward;
  const std::size_t inputs = weights.input.depth();
  const std::size_t units = weights.recurrent.depth();
  const auto& [in, out, num_windows, num_frames] = frames;
  float* gates = scratch.gates.reserve(num_windows * kBlock * 4 * units);
  float* cell = scratch.cell.reserve(2 * num_windows * units);
  std::fill_n(cell, 2 * num_windows * units, 0.0f);
  const float* hidden = cell + num_windows * units;
  std::size_t hidden_step = units;
  for (std::size_t done = 0; done < num_frames; done += kBlock) {
    const std::size_t count = std::min(kBlock, num_frames - done);
    const std::size_t first = backward ? num_frames - done - count : done;
    for (std::size_t w = 0; w < num_windows; ++w) {
      row_gemm(
          weights.input,
          {in + (w * num_frames + first) * inputs, inputs, gates + w * kBlock * 4 * units, 4 * units, count},
          GemmStart::kBias);
    }
    for (std::size_t step = 0; step < count; ++step) {
      const std::size_t within = backward ? count - 1 - step : step;
      float* step_gates = gates + within * 4 * units;
      row_gemm(weights.recurrent, {hidden, hidden_step, step_gates, kBlock * 4 * units, num_windows},
               GemmStart::kOutput);
      float* h = out + (first + within) * 2 * units + (backward ? units : 0);
      for (std::size_t w = 0; w < num_windows; ++w) {
        lstm_cell(step_gates + w * kBlock * 4 * units, units, cell + w * units,
                  h + w * num_frames * 2 * units);
      }
      hidden = h;
      hidden_step = num_frames * 2 * units;
    }
  }
}

}  // namespace diar::nn
