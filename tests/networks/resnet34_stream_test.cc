// Embeddings from a shared trunk beside plain loops, with a trunk simple enough to follow.
#include "networks/resnet34/stream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "frontend/sliding_mean.h"
#include "networks/pyannet/geometry.h"
#include "session/masks.h"

namespace diar {
namespace {

constexpr std::size_t kStride = 8;
constexpr std::size_t kWindowSamples = 16000;  // 98 feature frames, 13 trunk frames
constexpr std::size_t kFrames = 55;            // of the segmentation

// A trunk frame is the sum of the three feature frames around its centre (zeros outside of the segment, as in
// a convolution); pooling is the weighted sum.
class SimpleModel : public ResNet34 {
 public:
  explicit SimpleModel(std::size_t batch) : batch_(batch) {}
  std::size_t dimension() const override { return kMelBins; }
  std::size_t preferred_batch() const override { return batch_; }
  void run(const FeatureBatch&, std::span<float>) const override { FAIL() << "not the exact way"; }
  TrunkShape trunk_shape() const override { return {kStride, kMelBins}; }

  void run_trunk(std::span<const TrunkSegment> segments) const override {
    for (const TrunkSegment& segment : segments) {
      ++num_segments;
      const std::size_t length = segment.features.size() / kMelBins;
      for (std::size_t i = 0; i < segment.frames.size(); ++i) {
        const std::size_t centre = i / kMelBins * kStride;
        float sum = 0.0f;
        for (std::size_t f = centre - std::min<std::size_t>(centre, 1); f < std::min(centre + 2, length); ++f)
          sum += segment.features[f * kMelBins + i % kMelBins];
        segment.frames[i] = sum;
      }
    }
  }
  void pool(std::span<const PooledWindow> windows) const override {
    for (const PooledWindow& window : windows) {
      const std::size_t count = window.frames.size() / kMelBins;
      for (std::size_t i = 0; i < window.embeddings.size(); ++i) {
        float sum = 0.0f;
        for (std::size_t t = 0; t < count; ++t)
          sum += window.weights[i / kMelBins * count + t] * window.frames[t * kMelBins + i % kMelBins];
        window.embeddings[i] = sum;
      }
    }
  }

  mutable std::size_t num_segments = 0;

 private:
  std::size_t batch_;
};

std::vector<float> signal(std::size_t num_samples) {
  std::vector<float> samples(num_samples);
  std::uint32_t state = 3;
  for (std::size_t i = 0; i < num_samples; ++i) {
    state = state * 1664525u + 1013904223u;
    const float loud = 0.1f + 0.09f * std::sin(static_cast<float>(i) / 3000.0f);
    samples[i] = loud * (static_cast<float>(state >> 8) / 8388608.0f - 1.0f);
  }
  return samples;
}

// Everybody talks now and then; in windows [quiet_begin, quiet_end) nobody does.
Activity activity_of(std::size_t num_windows, double step_s, std::size_t quiet_begin, std::size_t quiet_end) {
  Activity activity;
  activity.grid = {1.0, step_s, num_windows, kFrames};
  for (std::size_t window = 0; window < num_windows; ++window) {
    for (std::size_t frame = 0; frame < kFrames; ++frame) {
      const bool quiet = window >= quiet_begin && window < quiet_end;
      const std::size_t pattern = (window * 13 + frame) / 9;
      activity.bits.push_back(quiet ? 0 : static_cast<std::uint8_t>(pattern % 7));
    }
  }
  return activity;
}

std::vector<float> masks_of(const Activity& activity, std::size_t window) {
  std::vector<float> masks(kPyannetSpeakers * kFrames);
  for (std::size_t s = 0; s < kPyannetSpeakers; ++s) {
    make_mask(activity, window, s, true, min_mask_frames(kFrames, kWindowSamples, kFrameSamples),
              std::span(masks).subspan(s * kFrames, kFrames));
  }
  return masks;
}

using Results = std::map<std::size_t, std::vector<float>>;

// All samples at once.
Results embed(const SimpleModel& model, const TrunkPlan& plan, const StreamPlan& windows,
              const Activity& activity, const std::vector<float>& samples) {
  Results results;
  ResNet34Stream embedder(model, plan, windows);
  embedder.add_samples(samples);
  for (std::size_t window = 0; window < activity.grid.num_windows; ++window)
    embedder.add_window(masks_of(activity, window));
  embedder.finish();
  embedder.run([&](std::size_t window, std::span<const float> embeddings) {
    results[window] = {embeddings.begin(), embeddings.end()};
  });
  return results;
}

// For each window and speaker a loop over the trunk frames of the whole signal, segment by segment.
Results by_loops(const TrunkPlan& plan, const StreamPlan& windows, const Activity& activity,
                 const std::vector<float>& samples) {
  FilterBank bank;
  std::vector<float> raw(num_fbank_frames(samples.size()) * kMelBins);
  bank.compute(samples, raw);
  std::vector<float> features;
  SlidingMean mean(plan.mean_frames);
  mean.add(raw, features);
  mean.finish(features);
  const auto length = static_cast<long>(features.size() / kMelBins);
  const auto trunk = [&](long frame, std::size_t bin) {
    const long centre = frame * static_cast<long>(kStride);
    const long segment = centre / static_cast<long>(plan.segment_frames);
    const auto context = static_cast<long>(plan.context_frames);
    const long from = std::max(0l, segment * static_cast<long>(plan.segment_frames) - context);
    const long to = std::min(length, (segment + 1) * static_cast<long>(plan.segment_frames) + context);
    float sum = 0.0f;
    for (long f = std::max(centre - 1, from); f < std::min(centre + 2, to); ++f)
      sum += features[static_cast<std::size_t>(f) * kMelBins + bin];
    return sum;
  };
  Results results;
  for (std::size_t window = 0; window < activity.grid.num_windows; ++window) {
    if (!activity.has_speakers(window)) continue;
    std::vector<float> embeddings(kPyannetSpeakers * kMelBins, 0.0f);
    for (std::size_t s = 0; s < kPyannetSpeakers; ++s) {
      std::vector<float> mask(kFrames);
      make_mask(activity, window, s, true, min_mask_frames(kFrames, kWindowSamples, kFrameSamples), mask);
      for (long frame = 0; frame * static_cast<long>(kStride) < length; ++frame) {
        // In thirteenths of the window.
        const double at =
            (static_cast<double>(frame) * 1280.0 - static_cast<double>(window * windows.step_samples)) /
            1280.0;
        if (at < 0.0 || at >= 13.0) continue;
        const float weight = mask[static_cast<std::size_t>(at * kFrames / 13.0)];
        for (std::size_t bin = 0; bin < kMelBins; ++bin)
          embeddings[s * kMelBins + bin] += weight * trunk(frame, bin);
      }
    }
    results[window] = embeddings;
  }
  return results;
}

void expect_near(const Results& ours, const Results& expected) {
  ASSERT_EQ(ours.size(), expected.size());
  for (const auto& [window, values] : expected) {
    ASSERT_EQ(ours.count(window), 1u) << window;
    // Sums of at most 39 values below 20, in the same order.
    for (std::size_t i = 0; i < values.size(); ++i)
      ASSERT_NEAR(ours.at(window)[i], values[i], 1e-3) << "window " << window << " value " << i;
  }
}

struct Case {
  std::size_t segment;
  std::size_t context;
  std::size_t step_samples;
  std::size_t extra_samples;  // behind the last full window
};

class ResNet34StreamTest : public ::testing::TestWithParam<Case> {};

TEST_P(ResNet34StreamTest, PoolsTheFramesUnderEachMask) {
  const Case c = GetParam();
  const TrunkPlan plan{c.segment, c.context, 98};
  const StreamPlan windows{kWindowSamples, c.step_samples, kPyannetSpeakers, kFrames};
  constexpr std::size_t kWindows = 20;
  const auto samples = signal((kWindows - 2) * c.step_samples + kWindowSamples + c.extra_samples);
  const auto activity = activity_of(kWindows, static_cast<double>(c.step_samples) / 16000.0, 6, 9);
  const SimpleModel model(2);
  const auto ours = embed(model, plan, windows, activity, samples);
  EXPECT_EQ(ours.size(), kWindows - 3);
  expect_near(ours, by_loops(plan, windows, activity, samples));
}

// Segments shorter than a window, longer, with context; steps of whole and half trunk frames, and one that
// is no whole number of feature frames.
INSTANTIATE_TEST_SUITE_P(Plans, ResNet34StreamTest,
                         ::testing::Values(Case{104, 0, 1280, 0}, Case{104, 0, 1600, 700},
                                           Case{40, 8, 1600, 1}, Case{400, 16, 1234, 900},
                                           Case{8, 0, 16000, 15999}, Case{4000, 0, 4000, 5000}));

// The same numbers however samples, windows and threads' worth of segments come.
TEST(ResNet34Stream, PiecesChangeNothing) {
  const TrunkPlan plan{64, 16, 98};
  const StreamPlan windows{kWindowSamples, 1600, kPyannetSpeakers, kFrames};
  constexpr std::size_t kWindows = 60;
  const auto samples = signal((kWindows - 1) * 1600 + kWindowSamples - 300);
  const Activity whole = activity_of(kWindows, 0.1, 20, 45);
  const Results expected = embed(SimpleModel(1), plan, windows, whole, samples);
  for (const std::size_t windows_at_once : {1, 7, 32}) {
    for (const std::size_t batch : {1, 3, 16}) {
      const SimpleModel model(batch);
      Activity activity = whole;
      activity.grid.num_windows = 0;
      Results results;
      std::size_t last = 0;
      const auto sink = [&](std::size_t window, std::span<const float> values) {
        EXPECT_GE(window, last);
        last = window;
        results[window] = {values.begin(), values.end()};
      };
      ResNet34Stream embedder(model, plan, windows);
      std::size_t fed = 0;
      while (activity.grid.num_windows < kWindows) {
        const std::size_t begin = activity.grid.num_windows;
        activity.grid.num_windows = std::min(begin + windows_at_once, kWindows);
        const std::size_t end =
            std::min((activity.grid.num_windows - 1) * 1600 + kWindowSamples, samples.size());
        embedder.add_samples(std::span(samples).subspan(fed, end - fed));
        for (std::size_t window = begin; window < activity.grid.num_windows; ++window)
          embedder.add_window(masks_of(activity, window));
        fed = end;
        embedder.run(sink);
      }
      embedder.finish();
      embedder.run(sink);
      EXPECT_EQ(results, expected) << windows_at_once << " windows at once, " << batch << " segments";
    }
  }
}

TEST(ResNet34Stream, SegmentsWithoutSpeechAreNotComputed) {
  const TrunkPlan plan{104, 0, 98};
  const StreamPlan windows{kWindowSamples, 16000, kPyannetSpeakers, kFrames};
  const auto samples = signal(30 * 16000);
  const SimpleModel model(2);
  embed(model, plan, windows, activity_of(30, 1.0, 0, 30), samples);
  EXPECT_EQ(model.num_segments, 0u);
  // Windows 4 and 5 are seconds 4 and 5: trunk frames 50 to 75, 13 in each segment.
  Activity activity = activity_of(30, 1.0, 0, 30);
  std::fill_n(activity.bits.begin() + 4 * kFrames, 2 * kFrames, std::uint8_t{1});
  embed(model, plan, windows, activity, samples);
  EXPECT_EQ(model.num_segments, 3u);
}

TEST(ResNet34Stream, RecordingsShorterThanAFrameHaveAnEmbedding) {
  const StreamPlan windows{kWindowSamples, 1600, kPyannetSpeakers, kFrames};
  const auto activity = activity_of(1, 0.1, 1, 1);
  for (const std::size_t length : {1, 399, 400, 1000}) {
    EXPECT_EQ(embed(SimpleModel(2), {104, 0, 98}, windows, activity, signal(length)).size(), 1u) << length;
  }
}

}  // namespace
}  // namespace diar
