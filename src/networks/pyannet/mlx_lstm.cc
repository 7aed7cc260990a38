#include "networks/pyannet/mlx_lstm.h"

#include "networks/pyannet/geometry.h"

namespace diar::mlx_backend {
namespace {

constexpr int kUnits = static_cast<int>(kLstmUnits);
constexpr int kGates = 4 * kUnits;
// Steps that are handed over for computing while the graph of the next ones is built.
constexpr int kStepsAtOnce = 32;

//   c' = sigmoid(f) c + sigmoid(i) tanh(g)     h' = sigmoid(o) tanh(c')
// inputs: i, f, g, o, c, all of one shape; outputs: h', c'. Streams come from the inputs' operations, so that
// the function can be compiled: it has no state.
std::vector<mx::array> cell(const std::vector<mx::array>& in) {
  const mx::Device device = Runtime::instance().device();
  const auto keep = mx::multiply(mx::sigmoid(in[1], device), in[4], device);
  const auto add = mx::multiply(mx::sigmoid(in[0], device), mx::tanh(in[2], device), device);
  const auto c = mx::add(keep, add, device);
  return {mx::multiply(mx::sigmoid(in[3], device), mx::tanh(c, device), device), c};
}

struct Direction {
  std::vector<float> input;      // [inputs, 512]
  std::vector<float> bias;       // [512]
  std::vector<float> recurrent;  // [128, 512]
};

std::vector<float> transposed(const std::vector<float>& matrix, std::size_t rows) {
  const std::size_t columns = matrix.size() / rows;
  std::vector<float> out(matrix.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) out[c * rows + r] = matrix[r * columns + c];
  }
  return out;
}

Direction read_direction(const Weights& weights, const std::string& suffix, std::size_t inputs) {
  constexpr std::size_t kRows = 4 * kLstmUnits;
  Direction direction;
  direction.input = transposed(weights.floats("lstm.weight_ih_" + suffix, {kRows, inputs}), kRows);
  direction.recurrent = transposed(weights.floats("lstm.weight_hh_" + suffix, {kRows, kLstmUnits}), kRows);
  direction.bias = weights.floats("lstm.bias_ih_" + suffix, {kRows});
  const auto second = weights.floats("lstm.bias_hh_" + suffix, {kRows});
  for (std::size_t i = 0; i < kRows; ++i) direction.bias[i] += second[i];
  return direction;
}

// x [T, ...] with its first axis in the other order.
mx::array reversed(const mx::array& x, const mx::Device& device) {
  mx::Shape start(x.ndim(), 0);
  mx::Shape strides(x.ndim(), 1);
  mx::Shape stop = x.shape();
  start[0] = x.shape(0) - 1;
  stop[0] = -x.shape(0) - 1;
  strides[0] = -1;
  return mx::slice(x, start, stop, strides, device);
}

// Entry `index` of the first axis, without that axis; a view.
mx::array entry(const mx::array& x, int index, const mx::Device& device) {
  mx::Shape start(x.ndim(), 0);
  mx::Shape stop = x.shape();
  start[0] = index;
  stop[0] = index + 1;
  return mx::squeeze(mx::slice(x, start, stop, device), 0, device);
}

}  // namespace

BidirectionalLstm::BidirectionalLstm(const Weights& weights, std::size_t layer, std::size_t inputs)
    : input_(0.0f), bias_(0.0f), recurrent_(0.0f), cell_(maybe_compile(cell)) {
  const mx::Device device = Runtime::instance().device();
  std::string suffix = std::to_string(layer);
  suffix.insert(0, 1, 'l');
  const Direction forward = read_direction(weights, suffix, inputs);
  const Direction backward = read_direction(weights, suffix + "_reverse", inputs);
  const int columns = static_cast<int>(inputs);
  input_ = mx::concatenate(
      {to_array(forward.input, {columns, kGates}), to_array(backward.input, {columns, kGates})}, 1, device);
  bias_ = mx::concatenate({to_array(forward.bias, {kGates}), to_array(backward.bias, {kGates})}, 0, device);
  recurrent_ = mx::stack(
      {to_array(forward.recurrent, {kUnits, kGates}), to_array(backward.recurrent, {kUnits, kGates})}, 0,
      device);
}

mx::array BidirectionalLstm::operator()(const mx::array& x, const mx::Device& device) const {
  const int batch = x.shape(0);
  const int steps = x.shape(1);
  // The input product of all steps at once: [B, T, 2, 512] -> [2][T, B, 512], the second backward in time.
  const auto product =
      mx::reshape(mx::addmm(bias_, x, input_, 1.0f, 1.0f, device), {batch, steps, 2, kGates}, device);
  const auto by_direction = mx::transpose(product, {2, 1, 0, 3}, device);
  const auto gates = mx::contiguous(
      mx::stack({entry(by_direction, 0, device), reversed(entry(by_direction, 1, device), device)}, 1,
                device),
      false, device);  // [T, 2, B, 512]
  auto h = mx::zeros({2, batch, kUnits}, mx::float32, device);
  auto c = h;
  std::vector<mx::array> states;
  states.reserve(static_cast<std::size_t>(steps));
  for (int step = 0; step < steps; ++step) {
    const auto all = mx::addmm(entry(gates, step, device), h, recurrent_, 1.0f, 1.0f, device);
    auto parts = mx::split(all, 4, -1, device);
    parts.push_back(c);
    const auto next = cell_(parts);
    h = next[0];
    c = next[1];
    states.push_back(h);
    if (step % kStepsAtOnce == kStepsAtOnce - 1) mx::async_eval(h, c);
  }
  const auto all = mx::transpose(mx::stack(states, 0, device), {1, 0, 2, 3}, device);  // [2, T, B, 128]
  auto out = mx::concatenate({entry(all, 0, device), reversed(entry(all, 1, device), device)}, -1, device);
  out = mx::contiguous(mx::transpose(out, {1, 0, 2}, device), false, device);
  mx::eval(out);
  return out;
}

}  // namespace diar::mlx_backend
