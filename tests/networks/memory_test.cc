// The networks keep their weights and give everything else back; and which windows share a call does not
// matter.
#include <algorithm>

#include "backend_fixture.h"
#include "process_memory.h"

namespace diar {
namespace {

using namespace backend_test;

constexpr std::size_t kWindow = 160000;
const NetworkOptions kTwoThreads{Device::kCpu, 2, Precision::kFloat32};

std::vector<float> segmented(const SegmentationNetwork& model, const WindowBatch& batch) {
  std::vector<float> log_probs(batch.num_windows * model.num_frames(batch.window_samples) * kPyannetClasses);
  model.run(batch, log_probs);
  return log_probs;
}

// Steps of whole frames share the first convolution, others do not.
TEST(Segmentation, WindowsTogetherAreWindowsAlone) {
  constexpr std::size_t kShort = 16000, kNumWindows = 3;
  const auto model = segmentation(kTwoThreads);
  for (const std::size_t step : {1600, 810, 1599, 403}) {
    const std::vector<float> samples = noise(kShort + (kNumWindows - 1) * step, 0.3f, step);
    const std::vector<float> together = segmented(*model, {samples, kNumWindows, kShort, step});
    const std::size_t size = together.size() / kNumWindows;
    for (std::size_t window = 0; window < kNumWindows; ++window) {
      const std::vector<float> alone =
          segmented(*model, {std::span(samples).subspan(window * step, kShort), 1, kShort, kShort});
      ASSERT_EQ(alone.size(), size);
      // Another offset is taken away before the shared convolution.
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_NEAR(together[window * size + i], alone[i], 1e-3f) << "step " << step << ", window " << window;
    }
  }
}

#ifdef DIAR_MEASURES_MEMORY
// Thirty megabytes a thread while it runs; afterwards what the heap and two new threads keep.
TEST(Segmentation, GivesItsScratchMemoryBack) {
  const auto model = segmentation(kTwoThreads);
  const std::size_t windows = model->preferred_batch();
  const std::vector<float> samples = noise(kWindow + (windows - 1) * 16000, 0.3f, 1);
  std::vector<float> log_probs(windows * model->num_frames(kWindow) * kPyannetClasses, 0.0f);
  const double before = resident_megabytes();
  ASSERT_GT(before, 0.0);
  model->run({samples, windows, kWindow, 16000}, log_probs);
  EXPECT_LT(resident_megabytes() - before, 20.0);
}

TEST(Embedding, GivesItsScratchMemoryBack) {
  const auto model = embedding(kTwoThreads);
  constexpr std::size_t kWindows = 4, kFrames = 998;
  const std::vector<float> features = noise(kWindows * kFrames * 80, 1.0f, 2);
  const std::vector<float> masks(kWindows * 589, 1.0f);
  std::vector<float> embeddings(kWindows * model->dimension(), 0.0f);
  const double before = resident_megabytes();
  ASSERT_GT(before, 0.0);
  model->run({features, masks, kWindows, kFrames, 1, 589}, embeddings);
  EXPECT_LT(resident_megabytes() - before, 8.0);
}
#endif

}  // namespace
}  // namespace diar
