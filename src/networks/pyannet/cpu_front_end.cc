#include "networks/pyannet/cpu_front_end.h"

#include <cmath>

#include "nn/kernels/sinc_conv.h"

namespace diar::cpu {

static_assert(kSincStride == nn::kSincStride);

WindowNorm window_norm(std::span<const float> window, float weight, float bias) {
  const Affine affine = waveform_norm(window, weight, bias);
  // The norm is gain x + offset = weight (x - mean) / deviation + bias.
  const float mean = (bias - affine.offset) / affine.gain;
  const float deviation = std::abs(weight / affine.gain);
  int exponent = 0;
  static_cast<void>(std::frexp(deviation, &exponent));  // deviation in [2^(exponent - 1), 2^exponent)
  const float grid = std::ldexp(4.0f, exponent);
  const float removed = grid * std::nearbyint(mean / grid);
  return {affine, std::isfinite(removed) ? removed : 0.0f};
}

std::vector<WindowNorm> window_norms(const PyanNetWeights& net, const WindowBatch& batch, std::size_t first,
                                     std::size_t count) {
  std::vector<WindowNorm> norms;
  norms.reserve(count);
  for (std::size_t w = first; w < first + count; ++w) {
    const auto window = batch.samples.subspan(w * batch.step_samples, batch.window_samples);
    norms.push_back(window_norm(window, net.wav_weight, net.wav_bias));
  }
  return norms;
}

std::size_t sinc_run(std::span<const WindowNorm> norms, const WindowBatch& batch) {
  if (batch.step_samples % kSincStride != 0 || batch.step_samples >= batch.window_samples) return 1;
  std::size_t count = 1;
  while (count < norms.size() && norms[count].removed == norms[0].removed) ++count;
  return count;
}

SincFrames sinc_frames(const PyanNetWeights& net, const WindowBatch& batch, std::size_t first,
                       std::span<const WindowNorm> norms, nn::AlignedBuffer& phases,
                       nn::AlignedBuffer& frames) {
  const std::size_t step = batch.step_samples;
  const std::size_t num_samples = (norms.size() - 1) * step + batch.window_samples;
  const auto samples = batch.samples.subspan(first * step, num_samples);
  const std::size_t num_frames = (num_samples - nn::kSincTaps) / kSincStride + 1;
  const std::size_t stride = (num_frames + nn::kSincSlack + 15) / 16 * 16;
  const std::size_t phase_stride = nn::phase_stride(num_samples);
  float* phase = phases.reserve(kSincStride * phase_stride);
  nn::split_phases(samples, norms[0].removed, phase);
  float* values = frames.reserve(kConvChannels[0] * stride);
  nn::sinc_conv(net.filters, phase, phase_stride, num_frames, values, stride);
  return {norms, values, stride, step / kSincStride};
}

void pool_sinc(const PyanNetWeights& net, const SincFrames& frames, std::size_t window, std::size_t channel,
               std::size_t begin, std::size_t size, float* out, double& sum, double& square) {
  const auto& [affine, removed] = frames.norms[window];
  const float shift = (affine.offset + affine.gain * removed) * net.filters.sum(channel);
  const float* values = frames.values + channel * frames.stride + window * frames.window_step + begin * kPool;
  nn::affine_max_pool3({values, size, affine.gain, shift}, out, {sum, square});
}

}  // namespace diar::cpu
