// CAM++ as the pipeline calls it: windows and masks in, an embedding of each speaker's own frames out.
#include "networks/campplus/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "bf16_products.h"
#include "core/instruction_set.h"
#include "diar/errors.h"
#include "frontend/fbank.h"
#include "models/layout_campplus.h"
#include "networks/campplus/cpu.h"
#include "networks/campplus_fixture.h"
#include "networks/registry.h"

namespace diar {
namespace {

constexpr std::size_t kWindow = 8000, kFrames = 48, kMaskFrames = 31, kMasks = 2, kDimension = 192;
static_assert(num_fbank_frames(kWindow) == kFrames);

const Weights& weights() {
  static const Weights kept = campplus_test::random_weights(kDimension, 11);
  return kept;
}

std::unique_ptr<SpeakerEncoder> encoder(int num_threads, const Weights& of = weights()) {
  return make_campplus_encoder(of, std::make_shared<const Executor>(num_threads));
}

// Windows at steps that share frames (1600) or do not (1500); every second mask of the third window is empty.
struct Case {
  std::size_t num_windows = 4;
  std::size_t step = 1600;
  std::vector<float> samples = campplus_test::Noise(3).values(kWindow + 3 * 1600, 0.2f);
  std::vector<float> masks = std::vector<float>(4 * kMasks * kMaskFrames, 0.0f);

  Case() {
    for (std::size_t row = 0; row < 4 * kMasks; ++row) {
      if (row == 2 * kMasks + 1) continue;
      for (std::size_t frame = row; frame < kMaskFrames; frame += 1 + row % 3)
        masks[row * kMaskFrames + frame] = 1.0f;
    }
  }
  EncodeBatch batch() const {
    return {{samples, num_windows, kWindow, step}, masks, kMasks, kMaskFrames, {}};
  }
  EncodeBatch alone(std::size_t window) const {
    return {{std::span(samples).subspan(window * step, kWindow), 1, kWindow, kWindow},
            std::span(masks).subspan(window * kMasks * kMaskFrames, kMasks * kMaskFrames),
            kMasks,
            kMaskFrames,
            {}};
  }
};

std::vector<float> run(const SpeakerEncoder& encoder, const EncodeBatch& batch) {
  std::vector<float> embeddings(batch.windows.num_windows * batch.num_masks * encoder.spec().dimension, NAN);
  encoder.run(batch, embeddings);
  return embeddings;
}

// Feature frame t follows mask frame floor(t * 31 / 48).
std::vector<float> expected(const Case& test, std::size_t window, std::size_t mask,
                            const FbankOptions& options) {
  std::vector<float> features(kFrames * kMelBins);
  FilterBank(options).compute(std::span(test.samples).subspan(window * test.step, kWindow), features);
  std::vector<float> cut;
  for (std::size_t t = 0; t < kFrames; ++t) {
    if (test.masks[(window * kMasks + mask) * kMaskFrames + t * kMaskFrames / kFrames] == 0.0f) continue;
    cut.insert(cut.end(), features.begin() + static_cast<std::ptrdiff_t>(t * kMelBins),
               features.begin() + static_cast<std::ptrdiff_t>((t + 1) * kMelBins));
  }
  if (cut.empty()) return std::vector<float>(kDimension, 0.0f);
  subtract_mean(cut);
  std::vector<float> embedding(kDimension);
  cpu::CampplusScratch scratch;
  cpu::Campplus(read_campplus_weights(weights())).embed(cut, scratch, embedding);
  return embedding;
}

TEST(CampplusEncoder, HearsTheFramesOfTheMaskOnly) {
  const Case test;
  Weights wespeaker = weights();
  wespeaker.set_metadata({{kCampplusFeatures, kCampplusFeaturesWeSpeaker}});
  const FbankOptions povey{.window = FbankWindow::kPovey, .sample_scale = 1.0f};
  const auto ours = run(*encoder(2), test.batch());
  const auto hamming = run(*encoder(2, wespeaker), test.batch());
  for (std::size_t row = 0; row < 4 * kMasks; ++row) {
    const auto at = [&](const std::vector<float>& all) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row * kDimension);
      return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(kDimension));
    };
    EXPECT_EQ(at(ours), expected(test, row / kMasks, row % kMasks, povey)) << row;
    EXPECT_EQ(at(hamming), expected(test, row / kMasks, row % kMasks, {})) << row;
    const bool is_empty = row == 2 * kMasks + 1;
    EXPECT_EQ(at(ours) == at(hamming), is_empty) << row;
  }
}

TEST(CampplusEncoder, NeighboursAndThreadsDoNotChangeAWindow) {
  Case test;
  for (const std::size_t step : {1600, 1500}) {
    test.step = step;
    const auto one_thread = encoder(1);
    const auto together = run(*one_thread, test.batch());
    EXPECT_EQ(run(*encoder(3), test.batch()), together);
    for (std::size_t window = 0; window < test.num_windows; ++window) {
      const auto begin = together.begin() + static_cast<std::ptrdiff_t>(window * kMasks * kDimension);
      EXPECT_EQ(run(*one_thread, test.alone(window)),
                std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(kMasks * kDimension)))
          << step << ' ' << window;
    }
  }
}

TEST(CampplusEncoder, NobodyIsFinite) {
  Case test;
  std::fill(test.masks.begin(), test.masks.end(), 0.0f);
  for (const float value : run(*encoder(1), test.batch())) ASSERT_EQ(value, 0.0f);
}

TEST(CampplusEncoder, StopsWhenAsked) {
  const Case test;
  EncodeBatch batch = test.batch();
  std::size_t done = 0;
  batch.on_progress = [&](std::size_t windows) {
    done = windows;
    return false;
  };
  std::vector<float> embeddings(4 * kMasks * kDimension);
  EXPECT_THROW(encoder(1)->run(batch, embeddings), Cancelled);
  EXPECT_EQ(done, 4u);
  batch.on_progress = {};
  EXPECT_THROW(encoder(1)->run(batch, std::span(embeddings).first(5)), InvalidArgument);
}

// Whatever this build has: what would happen where "auto" means MLX.
TEST(CampplusEncoder, RunsOnTheCpuWhereTheOtherNetworksTakeMlx) {
  Weights resnet("resnet.npz");
  resnet.insert("resnet.conv1.weight", Tensor::from(std::vector<float>(9), {1, 1, 3, 3}));
  EXPECT_EQ(encoder_device(resnet, Device::kAuto, Device::kMlx), Device::kMlx);
  EXPECT_EQ(encoder_device(resnet, Device::kMlx, Device::kMlx), Device::kMlx);
  EXPECT_EQ(encoder_device(weights(), Device::kAuto, Device::kMlx), Device::kCpu);
  EXPECT_EQ(encoder_device(weights(), Device::kCpu, Device::kCpu), Device::kCpu);
  try {
    encoder_device(weights(), Device::kMlx, Device::kMlx);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const DeviceError& error) {
    EXPECT_STREQ(error.what(),
                 "CAM++ does not run on MLX: choose the CPU, or leave the choice to the program");
  }
}

// Products of bfloat16 where the processor has them, the same numbers as without where it has none.
TEST(CampplusEncoder, MixedPrecisionIsTheRegistrysToGive) {
  const Case test;
  const NetworkOptions options{.device = Device::kCpu, .precision = Precision::kMixed};
  const auto mixed = make_speaker_encoder(weights(), options, std::make_shared<const Executor>(1));
  const auto ours = run(*mixed, test.batch());
  EXPECT_EQ(ours == run(*encoder(1), test.batch()), !has_bf16_products());
  const auto alone = run(*mixed, test.alone(1));
  const auto begin = ours.begin() + static_cast<std::ptrdiff_t>(kMasks * kDimension);
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), begin));
  EXPECT_EQ(describe_device(options, 1, &weights()).find("BF16") != std::string::npos, has_bf16_products());
}

TEST(CampplusEncoder, UnknownFeaturesAreRefused) {
  Weights odd = weights();
  odd.set_metadata({{kCampplusFeatures, "mfcc"}});
  EXPECT_THROW(encoder(1, odd), ModelError);
}

TEST(CampplusEncoder, IsChosenByItsWeights) {
  const auto executor = std::make_shared<const Executor>(1);
  for (const Device device : {Device::kCpu, Device::kAuto}) {
    const auto made = make_speaker_encoder(weights(), {.device = device}, executor);
    EXPECT_EQ(made->spec().name, "CAM++");
    EXPECT_EQ(made->spec().dimension, kDimension);
    EXPECT_FALSE(made->spec().shares_windows);
    EXPECT_EQ(made->open_stream({}), nullptr);
  }
  EXPECT_THROW(make_speaker_encoder(weights(), {.device = Device::kMlx}, executor), DeviceError);
  // Weights of no network: the first one's reader says what is missing.
  EXPECT_THROW(make_speaker_encoder(Weights("empty.npz"), {.device = Device::kCpu}, executor), ModelError);
}

}  // namespace
}  // namespace diar
