// k-means beside scikit-learn's KMeans(n_init=3, random_state=42): labels, also where other seeds disagree.
#include "clustering/kmeans.h"

#include <set>

#include "golden_data.h"

namespace diar {
namespace {

class KmeansSet : public ::testing::TestWithParam<int> {};

TEST_P(KmeansSet, LabelsAreScikitLearns) {
  const Weights file = golden::unit("kmeans");
  const RowMatrixF points = golden::matrix_f(file.at(golden::indexed("x", GetParam())));
  const int wanted = golden::scalar(file, golden::indexed("wanted", GetParam()));
  EXPECT_EQ(cluster_kmeans(points, wanted), golden::ints(file.at(golden::indexed("labels", GetParam()))));
}

INSTANTIATE_TEST_SUITE_P(ScikitLearn, KmeansSet,
                         ::testing::Range(0, golden::scalar(golden::unit("kmeans"), "num_sets")));

TEST(Kmeans, AsManyClustersAsPointsLeavesEachAlone) {
  const RowMatrixF points = RowMatrixF::Identity(5, 5);
  const auto labels = cluster_kmeans(points, 5);
  EXPECT_EQ(std::set<int>(labels.begin(), labels.end()).size(), 5u);
}

TEST(Kmeans, IdenticalPointsStillGiveEveryLabelRange) {
  const auto labels = cluster_kmeans(RowMatrixF::Ones(6, 3), 2);
  ASSERT_EQ(labels.size(), 6u);
  for (const int label : labels) EXPECT_TRUE(label == 0 || label == 1);
}

}  // namespace
}  // namespace diar
