// What SegmentationNetwork and ResNet34 promise, on every backend of this build.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "core/stopwatch.h"
#include "diar/engine.h"
#include "diar/errors.h"
#include "networks/backend_fixture.h"
#include "test_paths.h"

namespace diar::backend_test {
namespace {

// Half a second, so that the slowest backend takes no time: 8000 samples give 26 frames.
constexpr std::size_t kWindow = 8000;
constexpr std::size_t kStep = 1600;

class BackendTest : public ::testing::TestWithParam<Device> {
 protected:
  NetworkOptions options() const { return {.device = GetParam(), .num_threads = 2}; }

  static std::vector<float> segment(const SegmentationNetwork& model, std::span<const float> samples,
                                    std::size_t num_windows) {
    std::vector<float> log_probs(num_windows * model.num_frames(kWindow) * kPyannetClasses);
    model.run({samples, num_windows, kWindow, kStep}, log_probs);
    return log_probs;
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, BackendTest, ::testing::ValuesIn(devices()), device_test_name);

TEST_P(BackendTest, FrameCountsAreThoseOfTheNetwork) {
  const auto model = segmentation(options());
  EXPECT_EQ(model->num_frames(160000), 589u);
  EXPECT_EQ(model->num_frames(0), 0u);
  EXPECT_EQ(model->num_frames(250), 0u);
  // 991 samples are the receptive field of one frame.
  EXPECT_EQ(model->num_frames(990), 0u);
  EXPECT_EQ(model->num_frames(991), 1u);
  EXPECT_GE(model->preferred_batch(), 1u);
}

TEST_P(BackendTest, ProbabilitiesOfAFrameSumToOne) {
  const auto model = segmentation(options());
  const auto log_probs = segment(*model, noise(kWindow, 0.3f, 1), 1);
  for (std::size_t frame = 0; frame < log_probs.size() / kPyannetClasses; ++frame) {
    double sum = 0.0;
    for (std::size_t k = 0; k < kPyannetClasses; ++k)
      sum += std::exp(static_cast<double>(log_probs[frame * kPyannetClasses + k]));
    // Seven float32 roundings.
    EXPECT_NEAR(sum, 1.0, 2e-6) << frame;
  }
}

// Batch sizes around the SIMD widths; the sum of a window must not depend on its neighbours.
TEST_P(BackendTest, AWindowDoesNotDependOnItsBatch) {
  const auto model = segmentation(options());
  for (const std::size_t count : {2, 3, 4, 5, 7, 8, 9}) {
    const auto samples = noise((count - 1) * kStep + kWindow, 0.3f, count);
    const auto together = segment(*model, samples, count);
    for (std::size_t window = 0; window < count; ++window) {
      const auto alone = segment(*model, std::span(samples).subspan(window * kStep, kWindow), 1);
      const auto row = static_cast<std::ptrdiff_t>(alone.size());
      const auto begin = together.begin() + static_cast<std::ptrdiff_t>(window) * row;
      // A GEMM may take another path for another number of rows; that is rounding, amplified by the network.
      EXPECT_LE(largest_difference(alone, {begin, begin + row}), 1e-4f) << count << " windows, " << window;
    }
  }
}

// Whole groups, groups fewer than threads, and both: the same numbers, to the bit.
TEST(CpuSegmentation, ThreadsDoNotChangeTheNumbers) {
  const auto alone = segmentation({.device = Device::kCpu, .num_threads = 1});
  const std::size_t group = alone->preferred_batch();
  for (const int num_threads : {2, 3, 5}) {
    const auto model = segmentation({.device = Device::kCpu, .num_threads = num_threads});
    for (const std::size_t count : {std::size_t{1}, group + 1, 3 * group, 4 * group + 3}) {
      const auto samples = noise((count - 1) * kStep + kWindow, 0.3f, count);
      std::vector<float> expected(count * alone->num_frames(kWindow) * kPyannetClasses);
      std::vector<float> got(expected.size());
      alone->run({samples, count, kWindow, kStep}, expected);
      model->run({samples, count, kWindow, kStep}, got);
      EXPECT_EQ(got, expected) << num_threads << " threads, " << count << " windows";
    }
  }
}

TEST_P(BackendTest, TheBackendsAgree) {
  const auto model = segmentation(options());
  const auto cpu = segmentation({.device = Device::kCpu});
  // Loud, quiet and constant input: the waveform's norm divides by nearly nothing for the last.
  for (const float amplitude : {1.0f, 1e-3f, 0.0f}) {
    const auto samples = noise(2 * kStep + kWindow, amplitude, 5);
    const auto expected = segment(*cpu, samples, 3);
    float scale = 1.0f;
    for (const float value : expected) scale = std::max(scale, std::abs(value));
    // The golden suite's bound: a part of the largest value, because log-probabilities reach -18.
    EXPECT_LE(largest_difference(segment(*model, samples, 3), expected), 1e-4f * scale) << amplitude;
  }
}

TEST_P(BackendTest, WrongSpansAreRefused) {
  const auto model = segmentation(options());
  const auto samples = noise(kWindow, 0.3f, 1);
  std::vector<float> log_probs(model->num_frames(kWindow) * kPyannetClasses);
  EXPECT_NO_THROW(model->run({samples, 0, kWindow, kStep}, {}));
  EXPECT_THROW(model->run({samples, 2, kWindow, kStep}, log_probs), InvalidArgument);
  EXPECT_THROW(model->run({samples, 1, 250, kStep}, log_probs), InvalidArgument);
  EXPECT_THROW(model->run({samples, 1, kWindow, kStep}, std::span(log_probs).first(7)), InvalidArgument);
  const auto embedder = embedding(options());
  const auto features = noise(64 * 80, 2.0f, 1);
  const std::vector<float> masks(3 * 40, 1.0f);
  std::vector<float> embeddings(3 * embedder->dimension());
  EXPECT_THROW(embedder->run({features, masks, 1, 63, 3, 40}, embeddings), InvalidArgument);
  EXPECT_THROW(embedder->run({features, masks, 1, 64, 2, 40}, embeddings), InvalidArgument);
  EXPECT_THROW(embedder->run({features, masks, 1, 64, 3, 40}, std::span(embeddings).first(5)),
               InvalidArgument);
  EXPECT_THROW(embedder->run({{}, masks, 1, 0, 3, 40}, embeddings), InvalidArgument);
}

// Masks: everything, a part, one frame, nothing; a window without any speech between two others.
struct EmbeddingCase {
  static constexpr std::size_t kFrames = 61;
  static constexpr std::size_t kMaskFrames = 37;
  static constexpr std::size_t kWindows = 3;
  static constexpr std::size_t kMasks = 4;
  std::vector<float> features = noise(kWindows * kFrames * 80, 3.0f, 7);
  std::vector<float> masks = std::vector<float>(kWindows * kMasks * kMaskFrames, 0.0f);

  EmbeddingCase() {
    for (const std::size_t window : {0, 2}) {
      float* mask = masks.data() + window * kMasks * kMaskFrames;
      std::fill_n(mask, kMaskFrames, 1.0f);
      std::fill_n(mask + kMaskFrames + 5, 20, 0.5f);
      mask[2 * kMaskFrames + 11] = 1.0f;
    }
  }
  std::vector<float> run(const ResNet34& model) const {
    std::vector<float> embeddings(kWindows * kMasks * model.dimension());
    model.run({features, masks, kWindows, kFrames, kMasks, kMaskFrames}, embeddings);
    return embeddings;
  }
};

TEST_P(BackendTest, EmbeddingsAgree) {
  const EmbeddingCase test;
  const auto expected = test.run(*embedding({.device = Device::kCpu, .num_threads = 1}));
  const auto ours = test.run(*embedding(options()));
  float scale = 0.0f;
  for (const float value : expected) scale = std::max(scale, std::abs(value));
  EXPECT_GT(scale, 0.1f);
  EXPECT_LE(largest_difference(ours, expected), 1e-4f * std::max(scale, 1.0f));
}

TEST_P(BackendTest, AnEmptyMaskGivesTheBias) {
  const auto model = embedding(options());
  const auto embeddings = EmbeddingCase().run(*model);
  const auto bias = read_weight_file(golden_models() / "m8a" / "embedding" / "weights.npz")
                        .floats("resnet.seg_1.bias", {model->dimension()});
  const auto expect_bias = [&](std::size_t window, std::size_t mask) {
    const auto begin = embeddings.begin() + static_cast<std::ptrdiff_t>(
                                                (window * EmbeddingCase::kMasks + mask) * model->dimension());
    EXPECT_EQ(std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(model->dimension())), bias)
        << "window " << window << " mask " << mask;
  };
  for (const std::size_t window : {0, 2}) expect_bias(window, 3);
  for (std::size_t mask = 0; mask < EmbeddingCase::kMasks; ++mask) expect_bias(1, mask);
}

TEST_P(BackendTest, SeveralThreadsMayRunOneModel) {
  const auto model = segmentation(options());
  const auto embedder = embedding(options());
  const auto samples = noise(3 * kStep + kWindow, 0.3f, 3);
  const auto expected = segment(*model, samples, 4);
  const EmbeddingCase test;
  const auto expected_embeddings = test.run(*embedder);
  std::vector<std::vector<float>> results(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back(
        [&, i] { results[i] = i % 2 == 0 ? segment(*model, samples, 4) : test.run(*embedder); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i], i % 2 == 0 ? expected : expected_embeddings) << i;
}

TEST_P(BackendTest, MissingTensorsAreNamed) {
  Weights empty("empty.npz");
  try {
    make_segmentation_network(empty, options(), std::make_shared<const Executor>(1));
    FAIL() << "no error";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("sincnet."), std::string::npos) << error.what();
  }
  EXPECT_THROW(make_speaker_encoder(empty, options(), std::make_shared<const Executor>(1)), ModelError);
}

// A run that is stopped ends soon, and the same engine runs again afterwards.
TEST_P(BackendTest, ARunCanBeCancelled) {
  EngineOptions engine_options;
  static_cast<NetworkOptions&>(engine_options) = options();
  const auto engine = Engine::load(std::filesystem::path(DIAR_TEST_DATA) / "resnet34", engine_options);
  const auto samples = noise(16000 * 120, 0.3f, 11);
  const WaveformView waveform{samples, 16000};
  SessionOptions short_windows;
  short_windows.window_samples = 16000;
  std::size_t calls = 0;
  std::size_t completed = 0;
  EXPECT_THROW(engine.diarize(waveform, short_windows,
                              [&](const Progress& progress) {
                                completed = progress.completed;
                                return ++calls < 3;
                              }),
               Cancelled);
  EXPECT_EQ(calls, 3u);
  EXPECT_LT(completed, 120u);
  const auto output = engine.diarize({std::span(samples).first(16000), 16000}, short_windows);
  EXPECT_EQ(output.num_windows, 1u);
}

}  // namespace
}  // namespace diar::backend_test
