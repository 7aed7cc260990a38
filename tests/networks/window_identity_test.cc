// A window's log-probabilities are the same to the bit: alone, in any group, with any neighbours, any number
// of threads and any step, on every instruction set. Live turns and batches stand on it.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/instruction_set.h"
#include "networks/backend_fixture.h"
#include "networks/pyannet/geometry.h"

namespace diar::backend_test {
namespace {

constexpr std::size_t kWindow = 2000;  // 4 frames
constexpr std::size_t kMostWindows = 17;

// Noise with a pause in the middle of which only a constant is left, then a constant that jumps: what is
// taken away before the first convolution must not come from a neighbour.
std::vector<float> difficult_samples(std::size_t size) {
  auto samples = noise(size, 0.1f, 31);
  for (std::size_t i = 0; i < size; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(size);
    if (part > 0.3 && part < 0.5) samples[i] = 0.02f + 0.01f * samples[i];
    if (part > 0.6) samples[i] += 0.3f;
    if (part > 0.8) samples[i] -= 0.7f;
  }
  return samples;
}

class WindowIdentity : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    choose_instruction_set();
    supported_ = hwy::SupportedTargets();
    use(GetParam());
  }
  void TearDown() override { use(supported_); }

  static void use(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }

  static std::vector<float> run(const SegmentationNetwork& model, std::span<const float> samples,
                                std::size_t count, std::size_t step) {
    std::vector<float> log_probs(count * model.num_frames(kWindow) * kPyannetClasses);
    model.run({samples, count, kWindow, step}, log_probs);
    return log_probs;
  }

  // Bytes, so that -0 is not 0.
  static bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
  }

 private:
  std::int64_t supported_ = 0;
};

// Overlapping, not a whole number of frames apart, side by side, with gaps.
constexpr std::size_t kSteps[] = {200, 801, kWindow, kWindow + 170};

TEST_P(WindowIdentity, AloneOrInAnyGroup) {
  std::vector<std::shared_ptr<const SegmentationNetwork>> models;  // of 1, 2, ... threads
  for (int num_threads = 1; num_threads <= 4; ++num_threads)
    models.push_back(segmentation({.device = Device::kCpu, .num_threads = num_threads}));
  for (const std::size_t step : kSteps) {
    const auto samples = difficult_samples((kMostWindows - 1) * step + kWindow);
    std::vector<std::vector<float>> alone;
    for (std::size_t w = 0; w < kMostWindows; ++w) {
      // A copy: the place in memory must not matter either.
      const std::vector<float> copy(samples.begin() + static_cast<std::ptrdiff_t>(w * step),
                                    samples.begin() + static_cast<std::ptrdiff_t>(w * step + kWindow));
      alone.push_back(run(*models[0], copy, 1, kWindow));
    }
    ASSERT_FALSE(alone[0].empty());
    for (std::size_t count = 1; count <= kMostWindows; ++count) {
      for (std::size_t threads = 1; threads <= models.size(); ++threads) {
        // Every size on one thread; several threads change only how windows are shared out.
        if (threads > 1 && count % 4 != threads % 4) continue;
        // In changing places among the windows.
        const std::size_t first = (kMostWindows - count) * (threads % 3) / 2;
        const auto together =
            run(*models[threads - 1], std::span(samples).subspan(first * step), count, step);
        for (std::size_t w = 0; w < count; ++w) {
          const auto part = std::span(together).subspan(w * alone[0].size(), alone[0].size());
          ASSERT_TRUE(same(part, alone[first + w]))
              << "window " << first + w << " among " << count << " from " << first << ", step " << step
              << ", " << threads << " threads";
        }
      }
    }
  }
}

std::vector<std::int64_t> targets() {
  choose_instruction_set();
  std::vector<std::int64_t> targets;
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
    targets.push_back(rest & -rest);
  return targets;
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, WindowIdentity, ::testing::ValuesIn(targets()),
                         [](const auto& tested) { return std::string(hwy::TargetName(tested.param)); });

}  // namespace
}  // namespace diar::backend_test
