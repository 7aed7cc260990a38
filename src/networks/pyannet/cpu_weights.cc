#include "networks/pyannet/cpu_weights.h"

#include <string>

#include "nn/kernels/sinc_filters.h"

namespace diar::cpu {
namespace {

nn::PackedMatrix read_convolution(const Weights& weights, std::size_t layer) {
  const std::size_t in = kConvChannels[layer - 1];
  const std::size_t out = kConvChannels[layer];
  const std::string name = "sincnet.conv1d." + std::to_string(layer);
  const auto stored = weights.floats(name + ".weight", {out, in, kConvTaps});
  // [out, in, tap] -> [out, tap, in]: frames of all channels lie one after another in the kernel's input.
  std::vector<float> matrix(stored.size());
  for (std::size_t o = 0; o < out; ++o) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t tap = 0; tap < kConvTaps; ++tap) {
        matrix[(o * kConvTaps + tap) * in + i] = stored[(o * in + i) * kConvTaps + tap];
      }
    }
  }
  return {matrix, out, kConvTaps * in, weights.floats(name + ".bias", {out})};
}

nn::PackedMatrix read_linear(const Weights& weights, const std::string& name, std::size_t out,
                             std::size_t in) {
  return {weights.floats(name + ".weight", {out, in}), out, in, weights.floats(name + ".bias", {out})};
}

}  // namespace

PyanNetWeights read_pyannet(const Weights& weights) {
  PyanNetWeights net;
  net.wav_weight = weights.floats("sincnet.wav_norm1d.weight", {1})[0];
  net.wav_bias = weights.floats("sincnet.wav_norm1d.bias", {1})[0];
  const std::string bank = "sincnet.conv1d.0.filterbank.";
  const auto filters = nn::make_sinc_filters(weights.floats(bank + "low_hz_", {40, 1}),
                                             weights.floats(bank + "band_hz_", {40, 1}));
  net.filters = nn::SincBank(filters);
  net.convolutions = {read_convolution(weights, 1), read_convolution(weights, 2)};
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const std::string name = "sincnet.norm1d." + std::to_string(layer);
    net.norms[layer] = {weights.floats(name + ".weight", {kConvChannels[layer]}),
                        weights.floats(name + ".bias", {kConvChannels[layer]})};
  }
  for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
    const std::size_t inputs = layer == 0 ? kConvChannels[2] : 2 * kLstmUnits;
    const std::string suffix = "l" + std::to_string(layer);
    net.lstm[layer] = {nn::read_lstm_direction(weights, "lstm.", suffix, inputs, kLstmUnits),
                       nn::read_lstm_direction(weights, "lstm.", suffix + "_reverse", inputs, kLstmUnits)};
  }
  net.linear = {read_linear(weights, "linear.0", kLstmUnits, 2 * kLstmUnits),
                read_linear(weights, "linear.1", kLstmUnits, kLstmUnits)};
  net.classifier = read_linear(weights, "classifier", kPyannetClasses, kLstmUnits);
  return net;
}

}  // namespace diar::cpu
