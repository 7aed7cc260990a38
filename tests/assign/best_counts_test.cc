// The number of clusters that was asked for: what is merged, what is split.
#include "assign/best_counts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace diar {
namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

constexpr double kFa = 0.1;
constexpr double kFb = 1.0;

/// Points around the corners of a simplex, a window each.
struct Scene {
  PldaSpace space;
  Pairs pairs;
  std::vector<int> labels;

  explicit Scene(const std::vector<int>& sizes, double apart = 12.0) {
    std::mt19937 generator(9);
    const auto noise = [&] { return static_cast<double>(generator()) / 4294967296.0 - 0.5; };
    Eigen::Index n = 0;
    for (const int size : sizes) n += size;
    space.phi = Eigen::VectorXd::Constant(6, 4.0);
    space.z = RowMatrix(n, 6);
    Eigen::Index t = 0;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      for (int i = 0; i < sizes[k]; ++i, ++t) {
        for (Eigen::Index l = 0; l < 6; ++l)
          space.z(t, l) = noise() + (l == static_cast<Eigen::Index>(k) ? apart : 0.0);
        pairs.emplace_back(static_cast<std::size_t>(t), 0);
        labels.push_back(static_cast<int>(k));
      }
    }
  }

  RowMatrix one_hot(const std::vector<int>& of) const {
    const int clusters = 1 + *std::max_element(of.begin(), of.end());
    RowMatrix gamma = RowMatrix::Zero(space.z.rows(), clusters);
    for (std::size_t t = 0; t < of.size(); ++t) gamma(static_cast<Eigen::Index>(t), of[t]) = 1.0;
    return gamma;
  }
  // The corners of the simplex are apart as directions, too.
  RowMatrixF unit() const { return space.z.rowwise().normalized().cast<float>(); }
  std::vector<int> with(const RowMatrix& gamma, int wanted) const {
    const RowMatrix result = with_clusters(gamma, pairs, space, unit(), wanted, kFa, kFb, {});
    EXPECT_EQ(result.cols(), wanted);
    EXPECT_NEAR((result.rowwise().sum() - gamma.rowwise().sum()).cwiseAbs().maxCoeff(), 0.0, 1e-12);
    std::vector<int> found;
    for (Eigen::Index t = 0; t < result.rows(); ++t) {
      Eigen::Index k = 0;
      result.row(t).maxCoeff(&k);
      found.push_back(static_cast<int>(k));
    }
    return found;
  }
};

// The same clusters under whatever numbers.
bool same(const std::vector<int>& a, const std::vector<int>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) {
      if ((a[i] == a[j]) != (b[i] == b[j])) return false;
    }
  }
  return true;
}

TEST(BestCounts, MergesTheTwoHalvesOfOneVoice) {
  const Scene scene({20, 20, 20});
  std::vector<int> halved = scene.labels;
  for (std::size_t t = 20; t < 40; t += 2) halved[t] = 3;
  EXPECT_TRUE(same(scene.with(scene.one_hot(halved), 3), scene.labels));
}

TEST(BestCounts, SplitsWhereTwoVoicesLieInOne) {
  const Scene scene({20, 8, 30, 5});
  std::vector<int> joined = scene.labels;
  for (int& label : joined) label = label == 3 ? 1 : label;
  EXPECT_TRUE(same(scene.with(scene.one_hot(joined), 4), scene.labels));
  // All in one, step by step.
  EXPECT_TRUE(same(scene.with(scene.one_hot(std::vector<int>(63, 0)), 4), scene.labels));
}

TEST(BestCounts, WhoWasOverlookedIsFoundThoughALargeVoiceWouldGainMoreByHalves) {
  // A wide voice of 60, and one of 4 that lies in another's cluster.
  Scene scene({60, 20, 4}, 6.0);
  for (Eigen::Index t = 0; t < 60; ++t)
    scene.space.z.row(t) += (t % 2 == 0 ? 1.5 : -1.5) * Eigen::RowVectorXd::Unit(6, 5);
  std::vector<int> joined = scene.labels;
  for (int& label : joined) label = label == 2 ? 1 : label;
  EXPECT_TRUE(same(scene.with(scene.one_hot(joined), 3), scene.labels));
}

TEST(BestCounts, TwoLargeClustersOfOneVoiceJoinBeforeASmallOneOfAnother) {
  Scene scene({60, 60, 3}, 6.0);
  scene.space.z.middleRows(60, 60) = scene.space.z.middleRows(0, 60).array() + 0.4;
  std::vector<int> expected = scene.labels;
  for (int& label : expected) label = label == 1 ? 0 : label;
  EXPECT_TRUE(same(scene.with(scene.one_hot(scene.labels), 2), expected));
}

TEST(BestCounts, VoicesOfOneWindowAreNotMerged) {
  // Three voices, of which 0 and 1 lie nearest; but these two talk in the same windows.
  Scene scene({10, 10, 10}, 4.0);
  scene.space.z.middleRows(10, 10) = scene.space.z.middleRows(0, 10).array() + 0.2;
  EXPECT_TRUE(same(scene.with(scene.one_hot(scene.labels), 2), [&] {
    std::vector<int> expected = scene.labels;
    for (int& label : expected) label = label == 1 ? 0 : label;
    return expected;
  }()));
  for (std::size_t t = 0; t < 10; ++t) {
    scene.pairs[2 * t] = {t, 0};
    scene.pairs[2 * t + 1] = {t, 1};
  }
  // Pairs stand window by window, so the voices alternate now.
  RowMatrix z = scene.space.z;
  for (Eigen::Index t = 0; t < 10; ++t) {
    scene.space.z.row(2 * t) = z.row(t);
    scene.space.z.row(2 * t + 1) = z.row(10 + t);
    scene.labels[static_cast<std::size_t>(2 * t)] = 0;
    scene.labels[static_cast<std::size_t>(2 * t + 1)] = 1;
  }
  const std::vector<int> found = scene.with(scene.one_hot(scene.labels), 2);
  EXPECT_NE(found[0], found[1]);
}

TEST(BestCounts, EqualEmbeddingsCannotBeSplit) {
  Scene scene({5});
  scene.space.z.setOnes();
  const RowMatrix gamma = scene.one_hot(scene.labels);
  EXPECT_EQ(with_clusters(gamma, scene.pairs, scene.space, scene.unit(), 3, kFa, kFb, {}).cols(), 1);
}

TEST(BestCounts, EveryNumberUpToThatOfTheEmbeddings) {
  const Scene scene({6, 4});
  for (int wanted = 1; wanted <= 10; ++wanted) {
    std::vector<bool> used(10, false);
    for (const int cluster : scene.with(scene.one_hot(scene.labels), wanted))
      used[static_cast<std::size_t>(cluster)] = true;
    EXPECT_EQ(std::count(used.begin(), used.end(), true), wanted);
  }
}

TEST(BestCounts, WithoutASpaceWardsCriterionDecides) {
  Scene scene({20, 20, 4});
  scene.space.phi.resize(0);
  std::vector<int> halved = scene.labels;
  for (std::size_t t = 20; t < 40; t += 2) halved[t] = 3;
  EXPECT_TRUE(same(scene.with(scene.one_hot(halved), 3), scene.labels));
  EXPECT_TRUE(same(scene.with(scene.one_hot(std::vector<int>(44, 0)), 3), scene.labels));
}

}  // namespace
}  // namespace diar
