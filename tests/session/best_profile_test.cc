// The profile "best" leaves a result alone that has the number that was asked for.
#include <gtest/gtest.h>

#include "session/diarization.h"

namespace diar {
namespace {

constexpr std::size_t kWindows = 11;
constexpr std::size_t kFrames = 100;

/// Twenty seconds in windows of ten: A for ten, then B. One window hears A as if it were somebody else, and
/// is outvoted by those around it. A and B are more alike than that one is like either.
NetworkOutput two_talkers() {
  NetworkOutput networks;
  networks.duration_s = 20.0;
  networks.activity.grid = {10.0, 1.0, kWindows, kFrames, 2, {0.0, 0.1, 0.1}};
  networks.embeddings.dimension = 3;
  networks.embeddings.num_speakers = 2;
  const std::vector<std::vector<float>> voices = {{1.0f, 0.3f, 0.0f}, {0.3f, 1.0f, 0.0f}, {0.0f, 0.0f, 1.0f}};
  std::int32_t rows = 0;
  for (std::size_t window = 0; window < kWindows; ++window) {
    for (std::size_t frame = 0; frame < kFrames; ++frame)
      networks.activity.bits.push_back(10 * window + frame < 100 ? 1 : 2);
    const bool has[] = {window<10, window> 0};
    for (std::size_t s = 0; s < 2; ++s) {
      networks.embeddings.row_of.push_back(has[s] ? rows++ : -1);
      const auto& voice = voices[s == 0 && window == 5 ? 2 : s];
      if (has[s])
        networks.embeddings.values.insert(networks.embeddings.values.end(), voice.begin(), voice.end());
    }
  }
  return networks;
}

RunPlan plan_with(Profile profile) {
  RunPlan plan;
  plan.profile = profile;
  plan.threshold = 0.5;
  return plan;
}

TEST(BestProfile, ANumberThatTheResultHasChangesNothing) {
  const NetworkOutput networks = two_talkers();
  const auto scoring = cosine_scoring();
  RunPlan plan = plan_with(Profile::kBest);
  std::size_t clusters = 0;
  plan.hook = [&](const Artefact& artefact) {
    if (artefact.stage == "centroids") clusters = artefact.shape[0];
  };
  const DiarizationOutput automatic = assign_and_reconstruct(networks, *scoring, plan);
  ASSERT_EQ(clusters, 3u);
  ASSERT_EQ(automatic.diarization.speakers().size(), 2u);
  for (const auto& [num, min, max] :
       std::vector<std::tuple<int, int, int>>{{2, 0, 0}, {0, 1, 2}, {0, 2, 5}}) {
    plan.num_speakers = num > 0 ? std::optional(num) : std::nullopt;
    plan.min_speakers = min > 0 ? std::optional(min) : std::nullopt;
    plan.max_speakers = max > 0 ? std::optional(max) : std::nullopt;
    EXPECT_EQ(assign_and_reconstruct(networks, *scoring, plan).diarization, automatic.diarization);
  }
  plan.num_speakers = 1;
  EXPECT_EQ(assign_and_reconstruct(networks, *scoring, plan).diarization.speakers().size(), 1u);
}

}  // namespace
}  // namespace diar
