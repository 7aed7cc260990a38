#include "nn/lstm.h"

#include <algorithm>

#include "nn/kernels/lane_ops.h"

namespace diar::nn {
namespace {

// Steps whose input products are computed together, so that gates stay in the cache.
constexpr std::size_t kBlock = 8;

}  // namespace

LstmDirection read_lstm_direction(const Weights& weights, const std::string& prefix,
                                  const std::string& suffix, std::size_t inputs, std::size_t units) {
  const std::size_t gates = 4 * units;
  auto bias = weights.floats(prefix + "bias_ih_" + suffix, {gates});
  const auto second = weights.floats(prefix + "bias_hh_" + suffix, {gates});
  for (std::size_t i = 0; i < gates; ++i) bias[i] += second[i];
  return {{weights.floats(prefix + "weight_ih_" + suffix, {gates, inputs}), gates, inputs, bias},
          {weights.floats(prefix + "weight_hh_" + suffix, {gates, units}), gates, units, {}}};
}

void run_lstm_direction(const LstmDirection& weights, const float* in, std::size_t num_frames,
                        LstmOrder order, float* out, LstmScratch& scratch) {
  const bool backward = order == LstmOrder::kBackward;
  const std::size_t lanes = lane_width();
  const std::size_t in_row = weights.input.depth() * lanes;
  const std::size_t state = weights.recurrent.depth() * lanes;
  float* gates = scratch.gates.reserve(kBlock * 4 * state);
  float* cell = scratch.cell.reserve(2 * state);
  float* zero = cell + state;
  std::fill_n(cell, 2 * state, 0.0f);
  const float* hidden = zero;
  for (std::size_t done = 0; done < num_frames; done += kBlock) {
    const std::size_t count = std::min(kBlock, num_frames - done);
    const std::size_t first = backward ? num_frames - done - count : done;
    lane_gemm(weights.input, in + first * in_row, weights.input.depth(), count, GemmStart::kBias, gates);
    for (std::size_t step = 0; step < count; ++step) {
      const std::size_t within = backward ? count - 1 - step : step;
      float* step_gates = gates + within * 4 * state;
      lane_gemm(weights.recurrent, hidden, 0, 1, GemmStart::kOutput, step_gates);
      float* h = out + (first + within) * 2 * state + (backward ? state : 0);
      lstm_cell(step_gates, state, cell, h);
      hidden = h;
    }
  }
}

}  // namespace diar::nn
