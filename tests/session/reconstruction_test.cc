// From clustered windows to the speakers of each frame, beside pyannote's reconstruct with a stable sort.
#include "session/reconstruction.h"

#include "golden_data.h"

namespace diar {
namespace {

class ReconstructionSet : public ::testing::TestWithParam<int> {
 protected:
  std::vector<std::uint8_t> discrete(const std::vector<std::uint8_t>& count) const {
    const auto assigned = golden::ints(at("clusters"));
    const std::vector<std::int32_t> cluster_of(assigned.begin(), assigned.end());
    std::vector<std::uint8_t> frames;
    reconstruct(golden::activity(at("hard")), cluster_of, count, num_columns(cluster_of, count),
                [&](std::size_t, std::span<const std::uint8_t> speaking) {
                  frames.insert(frames.end(), speaking.begin(), speaking.end());
                });
    return frames;
  }
  Tensor at(const char* name) const { return file_.at(golden::indexed(name, GetParam())); }

  Weights file_ = golden::unit("reconstruction");
};

TEST_P(ReconstructionSet, FramesAreEqual) {
  EXPECT_EQ(discrete(golden::bytes(at("count"))), golden::bytes(at("discrete")));
}

TEST_P(ReconstructionSet, ExclusiveFramesAreEqual) {
  auto count = golden::bytes(at("count"));
  for (auto& speakers : count) speakers = std::min<std::uint8_t>(speakers, 1);
  EXPECT_EQ(discrete(count), golden::bytes(at("exclusive")));
}

INSTANTIATE_TEST_SUITE_P(Pyannote, ReconstructionSet,
                         ::testing::Range(0, golden::scalar(golden::unit("reconstruction"), "num_sets")));

// One frame, one vote for each local speaker: more clusters than three need more windows that cover it.
TEST(Reconstruction, EqualVotesGoToTheLowerCluster) {
  const Weights file = golden::unit("reconstruction");
  const RowMatrix votes = golden::matrix(file.at("votes"));
  const RowMatrix order = golden::matrix(file.at("order"));
  for (Eigen::Index row = 0; row < votes.rows(); ++row) {
    // Windows that lie on one another: window w lets cluster k vote while w < votes[k].
    Activity activity;
    activity.grid.frames_per_window = 1;
    activity.grid.step_s = 0.0;
    std::vector<std::int32_t> cluster_of;
    for (int round = 0; round < 3; ++round) {
      for (Eigen::Index k = 0; k < votes.cols(); k += 3) {
        unsigned bits = 0;
        for (Eigen::Index s = 0; s < 3; ++s) {
          bits |= round < static_cast<int>(votes(row, k + s)) ? 1u << s : 0u;
          cluster_of.push_back(static_cast<std::int32_t>(k + s));
        }
        activity.bits.push_back(static_cast<std::uint8_t>(bits));
        ++activity.grid.num_windows;
      }
    }
    for (std::uint8_t count = 1; count < 12; ++count) {
      reconstruct(activity, cluster_of, {count}, 12,
                  [&](std::size_t, std::span<const std::uint8_t> speaking) {
                    for (Eigen::Index rank = 0; rank < 12; ++rank) {
                      ASSERT_EQ(speaking[static_cast<std::size_t>(order(row, rank))], rank < count ? 1 : 0)
                          << "row " << row << ", count " << int{count};
                    }
                  });
    }
  }
}

}  // namespace
}  // namespace diar
