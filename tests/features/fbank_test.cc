// Filter banks beside torchaudio.compliance.kaldi.fbank.
#include "features/fbank.h"

#include <cmath>

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

INSTANTIATE_TEST_SUITE_P(Torchaudio, FbankSignal,
                         ::testing::Values("noise", "zeros", "one_frame", "full_scale_sine", "constant",
                                           "half_silent"));

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
