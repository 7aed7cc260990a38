// Centroid linkage and its cut beside scipy: 20 sets, inversions and exact ties among them.
#include "clustering/ahc.h"

#include "golden_data.h"

namespace diar {
namespace {

class LinkageSet : public ::testing::TestWithParam<int> {
 protected:
  static const Weights& file() {
    static const Weights weights = golden::unit("linkage");
    return weights;
  }
  RowMatrix points() const { return golden::matrix(file().at(golden::indexed("points", GetParam()))); }
  RowMatrix recorded() const { return golden::matrix(file().at(golden::indexed("linkage", GetParam()))); }
};

std::vector<Merge> merges_of(const RowMatrix& table) {
  std::vector<Merge> merges;
  for (Eigen::Index k = 0; k < table.rows(); ++k) {
    merges.push_back({static_cast<int>(table(k, 0)), static_cast<int>(table(k, 1)), table(k, 2)});
  }
  return merges;
}

TEST_P(LinkageSet, ReferenceMergesAsScipyDoes) {
  const auto merges = centroid_linkage_reference(points());
  const RowMatrix expected = recorded();
  ASSERT_EQ(static_cast<Eigen::Index>(merges.size()), expected.rows());
  for (std::size_t k = 0; k < merges.size(); ++k) {
    const auto row = static_cast<Eigen::Index>(k);
    ASSERT_EQ(merges[k].left, expected(row, 0)) << "merge " << k;
    ASSERT_EQ(merges[k].right, expected(row, 1)) << "merge " << k;
    // The first distances are sums of up to 256 squares, whose order is scipy's own affair.
    ASSERT_NEAR(merges[k].distance, expected(row, 2), 1e-9) << "merge " << k;
  }
}

TEST_P(LinkageSet, CutNumbersClustersAsScipyDoes) {
  const auto merges = merges_of(recorded());
  const auto thresholds = file().at(golden::indexed("thresholds", GetParam())).to_double();
  const RowMatrix expected = golden::matrix(file().at(golden::indexed("clusters", GetParam())));
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const auto labels = cut_dendrogram(merges, static_cast<int>(expected.cols()), thresholds[i]);
    for (std::size_t p = 0; p < labels.size(); ++p) {
      ASSERT_EQ(labels[p], expected(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(p)))
          << "threshold " << thresholds[i] << ", point " << p;
    }
  }
}

TEST_P(LinkageSet, ClustersFromPointsAreScipys) {
  const auto merges = centroid_linkage(points());
  const auto thresholds = file().at(golden::indexed("thresholds", GetParam())).to_double();
  const RowMatrix expected = golden::matrix(file().at(golden::indexed("clusters", GetParam())));
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const auto labels = cut_dendrogram(merges, static_cast<int>(expected.cols()), thresholds[i]);
    for (std::size_t p = 0; p < labels.size(); ++p) {
      ASSERT_EQ(labels[p], expected(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(p)))
          << "threshold " << thresholds[i] << ", point " << p;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Scipy, LinkageSet,
                         ::testing::Range(0, golden::scalar(golden::unit("linkage"), "num_sets")));

TEST(CutDendrogram, OnePointIsOneCluster) {
  EXPECT_TRUE(centroid_linkage(RowMatrix::Zero(1, 4)).empty());
  EXPECT_EQ(cut_dendrogram({}, 1, 0.6), std::vector<int>{0});
}

TEST(CutDendrogram, TheHighestMergeOfASubtreeCounts) {
  // The second merge lies below the first: an inversion. Cutting between them must not join anything.
  const std::vector<Merge> merges = {{0, 1, 1.0}, {2, 3, 0.8}};
  EXPECT_EQ(cut_dendrogram(merges, 3, 0.9), (std::vector<int>{0, 1, 2}));
}

}  // namespace
}  // namespace diar
