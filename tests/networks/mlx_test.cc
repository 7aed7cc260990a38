// What only the MLX backend has: half precision, compiled functions, memory of its own; and its throwing
// twin.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "diar/engine.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "networks/backend_fixture.h"
#include "networks/pyannet/network.h"
#include "process_memory.h"
#include "test_paths.h"

namespace diar::backend_test {
namespace {

const NetworkOptions kMlx{.device = Device::kMlx};

TEST(MlxTwin, WithoutMlxEveryCallIsRefused) {
  if (mlx_backend::available()) {
    EXPECT_FALSE(mlx_backend::device_description().empty());
    return;
  }
  EXPECT_FALSE(mlx_backend::has_gpu());
  EXPECT_THROW(resolve_device(Device::kMlx), DeviceError);
  EXPECT_THROW(segmentation({.device = Device::kMlx}), DeviceError);
  EXPECT_THROW(mlx_backend::make_pyannet(Weights{}), DeviceError);
  EXPECT_THROW(mlx_backend::make_resnet34(Weights{}, Precision::kFloat32), DeviceError);
}

TEST(Precision, TheCpuBackendHasOnlyFloat32) {
  EXPECT_THROW(load_speaker_encoder(DIAR_TEST_DATA "/resnet34",
                                    {.device = Device::kCpu, .precision = Precision::kFloat16}),
               InvalidArgument);
}

TEST(DeviceChoice, AutoTakesMlxForAGpuOnly) {
  const bool gpu = mlx_backend::available() && mlx_backend::has_gpu();
  EXPECT_EQ(describe_device({}, 2).starts_with("mlx"), gpu) << describe_device({}, 2);
  EXPECT_TRUE(describe_device({.device = Device::kCpu}, 2).starts_with("cpu"));
}

/// Another thread frees what a run needed, sooner or later, so a leak is what even the low points of the last
/// quarter show against the high points of the first half, in MB.
double lasting_growth_mb(const std::vector<double>& readings_mb) {
  const auto middle = readings_mb.begin() + static_cast<std::ptrdiff_t>(readings_mb.size() / 2);
  const auto last = readings_mb.end() - static_cast<std::ptrdiff_t>(readings_mb.size() / 4);
  return *std::min_element(last, readings_mb.end()) - *std::max_element(readings_mb.begin(), middle);
}

TEST(LastingGrowth, SeesALeakBehindNoise) {
  std::vector<double> flat, leaking;
  for (int i = 0; i < 40; ++i) {
    const double noise = i % 7 == 0 ? 60.0 : 0.0;
    flat.push_back(100.0 + noise);
    leaking.push_back(100.0 + noise + 8.0 * i);
  }
  EXPECT_LE(lasting_growth_mb(flat), 0.0);
  EXPECT_GE(lasting_growth_mb(leaking), 16.0);
}

void expect_no_lasting_growth(const std::vector<double>& readings_mb, double allowed_mb) {
  ASSERT_GT(readings_mb.front(), 0.0) << "the C library does not tell what is allocated";
  EXPECT_LE(lasting_growth_mb(readings_mb), allowed_mb) << ::testing::PrintToString(readings_mb);
}

#if defined(DIAR_MEASURES_MEMORY) && defined(__GLIBC__)
TEST(AllocatedMegabytes, CountsWhatIsKeptByAnyThread) {
  const double before = allocated_megabytes();
  std::vector<std::unique_ptr<char[]>> kept;
  std::thread([&] {
    for (int i = 0; i < 100; ++i) kept.emplace_back(new char[100000]);
  }).join();
  EXPECT_NEAR(allocated_megabytes() - before, 10.0, 0.5);
  kept.clear();
  EXPECT_NEAR(allocated_megabytes() - before, 0.0, 0.5);
}
#endif

/// Instantiated only where MLX is built in.
class MlxTest : public ::testing::TestWithParam<Device> {
 protected:
  static constexpr std::size_t kWindow = 2000;

  static std::vector<float> segment(const SegmentationNetwork& model, std::size_t num_windows) {
    const auto samples = noise(num_windows * kWindow, 0.3f, 3);
    std::vector<float> log_probs(num_windows * model.num_frames(kWindow) * kPyannetClasses);
    model.run({samples, num_windows, kWindow, kWindow}, log_probs);
    return log_probs;
  }
  static std::vector<float> embed(const ResNet34& model) {
    const auto features = noise(2 * 19 * 80, 3.0f, 7);
    const std::vector<float> masks(2 * 10, 1.0f);
    std::vector<float> embeddings(2 * model.dimension());
    model.run({features, masks, 2, 19, 1, 10}, embeddings);
    return embeddings;
  }
};

INSTANTIATE_TEST_SUITE_P(Mlx, MlxTest,
                         ::testing::ValuesIn(mlx_backend::available() ? std::vector{Device::kMlx}
                                                                      : std::vector<Device>{}),
                         device_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MlxTest);

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return dot / std::sqrt(aa * bb);
}

// 11 and 8 bits of mantissa through 33 convolutions; the measured figures are in docs/mlx.md.
TEST_P(MlxTest, HalfPrecisionStaysNear) {
  const auto exact = embed(*embedding(kMlx));
  const auto float16 = embed(*embedding({.device = Device::kMlx, .precision = Precision::kFloat16}));
  const auto bfloat16 = embed(*embedding({.device = Device::kMlx, .precision = Precision::kBFloat16}));
  RecordProperty("float16", std::to_string(cosine(float16, exact)));
  RecordProperty("bfloat16", std::to_string(cosine(bfloat16, exact)));
  EXPECT_NE(float16, exact);
  EXPECT_NE(bfloat16, float16);
  EXPECT_GE(cosine(float16, exact), 0.9999);
  EXPECT_GE(cosine(bfloat16, exact), 0.99);
}

// On a CPU MLX compiles with g++, which a machine that runs the tests has.
TEST_P(MlxTest, CompiledFunctionsComputeTheSame) {
  const auto plain = segment(*segmentation(kMlx), 2);
  const auto plain_embeddings = embed(*embedding(kMlx));
  setenv("DIAR_MLX_COMPILE", "1", 1);
  const auto model = segmentation(kMlx);
  const auto embedder = embedding(kMlx);
  unsetenv("DIAR_MLX_COMPILE");
  EXPECT_LE(largest_difference(segment(*model, 2), plain), 1e-5f);
  EXPECT_LE(largest_difference(embed(*embedder), plain_embeddings), 1e-4f);
  // Another batch through the same compiled functions: they must not have kept the first one's shape.
  EXPECT_LE(largest_difference(segment(*model, 3), segment(*segmentation(kMlx), 3)), 1e-5f);
}

TEST_P(MlxTest, HundredsOfRunsLeakNothing) {
  const auto model = segmentation(kMlx);
  const auto embedder = embedding(kMlx);
  std::vector<double> readings_mb;
  for (int group = 0; group < 24; ++group) {
    for (int i = 0; i < 10; ++i) {
      segment(*model, 2);
      embed(*embedder);
    }
    readings_mb.push_back(allocated_megabytes());
  }
  // One run's intermediate results are some 5 MB, so runs that kept a thousandth of them would show.
  expect_no_lasting_growth(readings_mb, 0.5);
}

TEST_P(MlxTest, LoadingAgainAndAgainLeaksNothing) {
  std::vector<double> readings_mb;
  for (int i = 0; i < 32; ++i) {
    embed(*embedding(kMlx));
    segment(*segmentation(kMlx), 1);
    readings_mb.push_back(allocated_megabytes());
  }
  // The weights of both networks are 8 MB, 64 MB between the first half and the last quarter.
  expect_no_lasting_growth(readings_mb, 0.5);
}

/// One recording again and again, never all of it in memory.
class LoopedSource final : public AudioSource {
 public:
  LoopedSource(std::vector<float> samples, std::size_t length)
      : samples_(std::move(samples)), remaining_(length) {}
  std::size_t read(std::span<float> out) override {
    const std::size_t count = std::min(out.size(), remaining_);
    for (std::size_t i = 0; i < count; ++i) out[i] = samples_[position_++ % samples_.size()];
    remaining_ -= count;
    return count;
  }

 private:
  std::vector<float> samples_;
  std::size_t remaining_;
  std::size_t position_ = 0;
};

// Windows of a second instead of ten, so that a test has time for many batches; the batches are as large.
TEST_P(MlxTest, MemoryDoesNotGrowWithTheRecording) {
  const std::filesystem::path source(DIAR_SOURCE_DIR);
  EngineOptions engine_options;
  engine_options.device = Device::kMlx;
  const auto engine = Engine::load(std::filesystem::path(DIAR_TEST_DATA) / "resnet34", engine_options);
  LoopedSource audio(load_audio((source / "samples" / "conversation.flac").string()).samples, 16000 * 300);
  SessionOptions options;
  options.window_samples = 16000;
  std::vector<double> readings_mb;
  const auto output = engine.diarize(audio, options, [&](const Progress& progress) {
    if (progress.stage == "networks") readings_mb.push_back(allocated_megabytes());
    return true;
  });
  EXPECT_EQ(output.num_windows, 300u);
  ASSERT_GE(readings_mb.size(), 8u);
  // What may grow: an embedding of 1 KB and a mask for each active pair.
  expect_no_lasting_growth(readings_mb, 2.0);
}

}  // namespace
}  // namespace diar::backend_test
