// Filter banks beside torchaudio.compliance.kaldi.fbank.
#include "frontend/fbank.h"

#include <cmath>
#include <complex>
#include <numbers>

#include "golden_data.h"

namespace diar {
namespace {

std::vector<float> samples_of(const Weights& file, const std::string& name) {
  std::vector<float> samples;
  for (const double value : file.at(name + "_samples").to_double())
    samples.push_back(static_cast<float>(value / 32768.0));
  return samples;
}

class FbankSignal : public ::testing::TestWithParam<const char*> {};

TEST_P(FbankSignal, IsTorchaudios) {
  const Weights file = golden::unit("fbank");
  const std::string name = GetParam();
  const auto samples = samples_of(file, name);
  std::vector<float> features(num_fbank_frames(samples.size()) * kMelBins);
  FilterBank().compute(samples, features);
  const Tensor& raw = file.at(name + "_raw");
  ASSERT_EQ(features.size(), raw.size());
  // The order of float sums in the FFT is each library's own.
  const double tolerance = name == "zeros" ? 1e-6 : 1e-3;
  const auto expected = raw.to_double();
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(features[i], expected[i], tolerance) << i;
  subtract_mean(features);
  const auto centred = file.at(name + "_centred").to_double();
  for (std::size_t i = 0; i < centred.size(); ++i) ASSERT_NEAR(features[i], centred[i], tolerance) << i;
}

// Povey's window on samples in [-1, 1], as 3D-Speaker has them: tools/golden/povey.py.
TEST(FbankPovey, IsTorchaudios) {
  const Weights signals = golden::unit("fbank");
  const Weights expected_of = golden::unit("fbank_povey");
  const FilterBank bank({.window = FbankWindow::kPovey, .sample_scale = 1.0f});
  // Not the full-scale sine: this window leaks so little that the bins far from the sine are the rounding of
  // the frame, which is prepared in float (beyond 1e-3, 150 dB below the sine).
  for (const char* name : {"noise", "zeros", "one_frame", "half_silent"}) {
    const auto samples = samples_of(signals, name);
    std::vector<float> features(num_fbank_frames(samples.size()) * kMelBins);
    bank.compute(samples, features);
    const auto expected = expected_of.at(name).to_double();
    ASSERT_EQ(features.size(), expected.size());
    // torchaudio in double; float samples and filter weights are ours. Digital silence is the logarithm of
    // the floor.
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(features[i], expected[i], 2e-4) << name << ' ' << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Torchaudio, FbankSignal,
                         ::testing::Values("noise", "zeros", "one_frame", "full_scale_sine", "constant",
                                           "half_silent"));

// The formula in double with a plain sum for each frequency: what a float FFT blurs in quiet bins.
std::vector<double> exact_frame(std::span<const float> samples, const RowMatrix& mel_banks) {
  std::vector<double> x(samples.begin(), samples.begin() + kFrameSamples);
  double mean = 0.0;
  for (double& value : x) mean += value *= 32768.0;
  for (double& value : x) value -= mean / kFrameSamples;
  for (std::size_t i = kFrameSamples; i-- > 0;) x[i] -= 0.97 * x[i == 0 ? 0 : i - 1];
  for (std::size_t i = 0; i < kFrameSamples; ++i)
    x[i] *= 0.54 - 0.46 * std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / (kFrameSamples - 1));
  Eigen::VectorXd power(256);
  for (int k = 0; k < 256; ++k) {
    std::complex<double> sum = 0.0;
    for (std::size_t i = 0; i < kFrameSamples; ++i)
      sum += std::polar(x[i], -2.0 * std::numbers::pi * k * static_cast<double>(i) / 512.0);
    power[k] = std::norm(sum);
  }
  const Eigen::VectorXd energy = mel_banks * power;
  std::vector<double> logs;
  for (const double value : energy) logs.push_back(std::log(std::max(value, 1.1920928955078125e-07)));
  return logs;
}

TEST(Fbank, IsTheFormulaInDouble) {
  const Weights file = golden::unit("fbank");
  const RowMatrix mel_banks = golden::matrix(file.at("mel_banks"));
  const FilterBank bank;
  for (const char* name : {"noise", "full_scale_sine", "half_silent"}) {
    const auto samples = samples_of(file, name);
    std::vector<float> features(num_fbank_frames(samples.size()) * kMelBins);
    bank.compute(samples, features);
    for (std::size_t frame = 0; frame < features.size() / kMelBins; frame += 3) {
      const auto exact = exact_frame(std::span(samples).subspan(frame * kFrameShiftSamples), mel_banks);
      // Float samples and filter weights: a few units in the last place of energies, which logarithms keep.
      for (std::size_t bin = 0; bin < kMelBins; ++bin)
        ASSERT_NEAR(features[frame * kMelBins + bin], exact[bin], 2e-4) << name << ' ' << frame << ' ' << bin;
    }
  }
}

TEST(Fbank, FramesThatFit) {
  EXPECT_EQ(num_fbank_frames(399), 0u);
  EXPECT_EQ(num_fbank_frames(400), 1u);
  EXPECT_EQ(num_fbank_frames(559), 1u);
  EXPECT_EQ(num_fbank_frames(560), 2u);
  EXPECT_EQ(num_fbank_frames(160000), 998u);
}

TEST(Fbank, FramesDependOnTheirOwnSamplesOnly) {
  // Overlapping windows share frames because of this.
  const Weights file = golden::unit("fbank");
  const auto samples = samples_of(file, "noise");
  std::vector<float> whole(num_fbank_frames(samples.size()) * kMelBins);
  const FilterBank bank;
  bank.compute(samples, whole);
  constexpr std::size_t kSkipped = 7;
  const auto tail = std::span(samples).subspan(kSkipped * kFrameShiftSamples);
  std::vector<float> part(num_fbank_frames(tail.size()) * kMelBins);
  bank.compute(tail, part);
  for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], whole[kSkipped * kMelBins + i]) << i;
}

}  // namespace
}  // namespace diar
