// The profile "best" leaves a result alone that has the number that was asked for, and clusters once.
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "session/diarization.h"
#include "session/speaker_count.h"

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

/// A space like the embeddings themselves that counts the rows which were brought into it.
class CountingScoring final : public SpeakerScoring {
 public:
  std::size_t dimension() const override { return 3; }
  std::span<const double> variances() const override { return kVariances; }
  void transform(std::span<const float> embeddings, std::span<double> features) const override {
    std::copy(embeddings.begin(), embeddings.end(), features.begin());
    for (double& value : features) value *= 4.0;
    rows += embeddings.size() / 3;
  }
  double score(std::span<const float>, std::span<const float>) const override { return 0.0; }

  mutable std::size_t rows = 0;

 private:
  static constexpr std::array<double, 3> kVariances = {9.0, 4.0, 1.0};
};

class ClustersOnce : public ::testing::TestWithParam<bool> {};

TEST_P(ClustersOnce, AndBitForBitLikeStepsOfTheirOwn) {
  const NetworkOutput networks = two_talkers();
  const std::size_t num_pairs = training_pairs(networks.activity, networks.embeddings).size();
  const std::vector<std::uint8_t> count = count_speakers(networks.activity);
  CountingScoring scoring;
  std::map<std::string, int> seen;
  RunPlan plan = plan_with(Profile::kBest);
  const auto run = [&](std::optional<int> num_speakers) {
    plan.num_speakers = num_speakers;
    seen.clear();
    plan.hook = {};
    if (GetParam()) plan.hook = [&](const Artefact& artefact) { ++seen[std::string(artefact.stage)]; };
    scoring.rows = 0;
    return assign_and_reconstruct(networks.activity, networks.embeddings, count, scoring, plan);
  };
  const auto stepwise = [&](std::optional<int> num_speakers, const std::vector<std::uint8_t>& frames) {
    RunPlan own = plan_with(Profile::kBest);
    own.num_speakers = num_speakers;
    return reconstruct_output(networks.activity,
                              cluster_speakers(networks.activity, networks.embeddings, scoring, own), frames,
                              own);
  };
  const auto expect_equal = [](const DiarizationOutput& a, const DiarizationOutput& b) {
    EXPECT_EQ(a.diarization, b.diarization);
    EXPECT_EQ(a.exclusive_diarization, b.exclusive_diarization);
    ASSERT_EQ(a.speaker_embeddings.size(), b.speaker_embeddings.size());
    for (std::size_t i = 0; i < a.speaker_embeddings.size(); ++i)
      EXPECT_EQ(a.speaker_embeddings[i].values, b.speaker_embeddings[i].values);
  };
  const DiarizationOutput automatic = run(std::nullopt);
  const int found = static_cast<int>(automatic.diarization.speakers().size());
  EXPECT_EQ(scoring.rows, num_pairs);
  ASSERT_EQ(found, 2);

  const DiarizationOutput as_found = run(found);
  EXPECT_EQ(scoring.rows, num_pairs);
  expect_equal(as_found, automatic);
  expect_equal(as_found, stepwise(std::nullopt, count));

  // Another number needs the features once more, which VBx used up.
  const DiarizationOutput one = run(1);
  EXPECT_EQ(scoring.rows, 2 * num_pairs);
  EXPECT_EQ(one.diarization.speakers().size(), 1u);
  expect_equal(one, stepwise(1, count));
  for (const auto& [stage, times] : seen) EXPECT_EQ(times, 1) << stage;
  EXPECT_EQ(seen.count("vbx_gamma"), GetParam() ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(WithAHookAndWithout, ClustersOnce, ::testing::Bool());

}  // namespace
}  // namespace diar
