#include "frontend/fbank.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <unsupported/Eigen/FFT>
#include <vector>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kFftSize = 512;
constexpr std::size_t kFftBins = kFftSize / 2;  // the Nyquist bin has no weight
constexpr double kSampleRateHz = 16000.0;
constexpr double kLowHz = 20.0;
constexpr float kPreEmphasis = 0.97f;
constexpr double kPoveyPower = 0.85;

double mel(double hz) {
  return 1127.0 * std::log(1.0 + hz / 700.0);
}

/// One triangle: its weights from FFT bin `first` on.
struct MelFilter {
  std::size_t first = 0;
  std::vector<float> weights;
};

// Triangles equally wide on the mel scale, their slopes linear in mel.
std::array<MelFilter, kMelBins> make_filters() {
  std::array<MelFilter, kMelBins> filters;
  const double low = mel(kLowHz);
  const double step = (mel(kSampleRateHz / 2) - low) / (kMelBins + 1);
  for (std::size_t bin = 0; bin < kMelBins; ++bin) {
    const double left = low + static_cast<double>(bin) * step;
    const double centre = left + step;
    const double right = centre + step;
    MelFilter& filter = filters[bin];
    for (std::size_t k = 0; k < kFftBins; ++k) {
      const double at = mel(kSampleRateHz / kFftSize * static_cast<double>(k));
      const double weight = std::min((at - left) / (centre - left), (right - at) / (right - centre));
      if (weight <= 0.0) continue;
      if (filter.weights.empty()) filter.first = k;
      filter.weights.push_back(static_cast<float>(weight));
    }
  }
  return filters;
}

std::array<float, kFrameSamples> make_window(FbankWindow kind) {
  std::array<float, kFrameSamples> window;
  for (std::size_t i = 0; i < kFrameSamples; ++i) {
    const double cosine = std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / (kFrameSamples - 1));
    window[i] = static_cast<float>(kind == FbankWindow::kPovey ? std::pow(0.5 - 0.5 * cosine, kPoveyPower)
                                                               : 0.54 - 0.46 * cosine);
  }
  return window;
}

}  // namespace

struct FilterBank::Impl {
  explicit Impl(const FbankOptions& options)
      : window(make_window(options.window)), sample_scale(options.sample_scale) {}

  std::array<MelFilter, kMelBins> filters = make_filters();
  std::array<float, kFrameSamples> window;
  float sample_scale;

  // Removes the frame's mean, lifts high frequencies, applies the window.
  void prepare(const float* samples, std::vector<double>& frame) const {
    float sum = 0.0f;
    for (std::size_t i = 0; i < kFrameSamples; ++i) sum += samples[i] * sample_scale;
    const float mean = sum / kFrameSamples;
    float previous = samples[0] * sample_scale - mean;
    for (std::size_t i = 0; i < kFrameSamples; ++i) {
      const float value = samples[i] * sample_scale - mean;
      frame[i] = static_cast<double>((value - kPreEmphasis * previous) * window[i]);
      previous = value;
    }
  }
};

FilterBank::FilterBank(const FbankOptions& options) : impl_(std::make_unique<Impl>(options)) {}
FilterBank::~FilterBank() = default;

void FilterBank::compute(std::span<const float> samples, std::span<float> features) const {
  const std::size_t num_frames = num_fbank_frames(samples.size());
  if (features.size() != num_frames * kMelBins)
    throw InvalidArgument("filter bank: the output has the wrong size");
  // In double, so that quiet bins beside loud ones keep their digits.
  Eigen::FFT<double> fft;
  fft.SetFlag(Eigen::FFT<double>::HalfSpectrum);
  std::vector<double> frame(kFftSize, 0.0);  // the tail past the 400 samples stays zero
  std::vector<std::complex<double>> spectrum;
  std::array<float, kFftBins> power;
  for (std::size_t t = 0; t < num_frames; ++t) {
    impl_->prepare(samples.data() + t * kFrameShiftSamples, frame);
    fft.fwd(spectrum, frame);
    for (std::size_t k = 0; k < kFftBins; ++k) power[k] = static_cast<float>(std::norm(spectrum[k]));
    for (std::size_t bin = 0; bin < kMelBins; ++bin) {
      const MelFilter& filter = impl_->filters[bin];
      float energy = 0.0f;
      for (std::size_t i = 0; i < filter.weights.size(); ++i)
        energy += filter.weights[i] * power[filter.first + i];
      features[t * kMelBins + bin] = std::log(std::max(energy, std::numeric_limits<float>::epsilon()));
    }
  }
}

void subtract_mean(std::span<float> features) {
  const std::size_t num_frames = features.size() / kMelBins;
  if (num_frames == 0) return;
  std::array<double, kMelBins> sums = {};
  for (std::size_t i = 0; i < num_frames * kMelBins; ++i) sums[i % kMelBins] += features[i];
  std::array<float, kMelBins> means;
  for (std::size_t bin = 0; bin < kMelBins; ++bin) {
    means[bin] = static_cast<float>(sums[bin] / static_cast<double>(num_frames));
  }
  for (std::size_t i = 0; i < num_frames * kMelBins; ++i) features[i] -= means[i % kMelBins];
}

}  // namespace diar
