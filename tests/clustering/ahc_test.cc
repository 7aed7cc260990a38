// Centroid linkage and its cut beside scipy: 20 sets, inversions and exact ties among them.
#include "clustering/ahc.h"

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <tuple>

#include "clustering/byte_rows.h"
#include "clustering/kmeans.h"
#include "clustering/vbx.h"
#include "diar/errors.h"
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
  const auto merges = centroid_linkage_plain(points());
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

void expect_equal(const std::vector<Merge>& fast, const std::vector<Merge>& plain) {
  ASSERT_EQ(fast.size(), plain.size());
  for (std::size_t k = 0; k < fast.size(); ++k) {
    ASSERT_EQ(fast[k].left, plain[k].left) << "merge " << k;
    ASSERT_EQ(fast[k].right, plain[k].right) << "merge " << k;
    ASSERT_EQ(fast[k].distance, plain[k].distance) << "merge " << k;
  }
}

TEST_P(LinkageSet, FastMergesAreThePlainOnes) {
  const RowMatrixF rounded = points().cast<float>();
  expect_equal(centroid_linkage(rounded), centroid_linkage_plain(rounded.cast<double>()));
}

INSTANTIATE_TEST_SUITE_P(Scipy, LinkageSet,
                         ::testing::Range(0, golden::scalar(golden::unit("linkage"), "num_sets")));

RowMatrixF random_points(Eigen::Index num_points, Eigen::Index dimension, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  RowMatrixF voices(5, dimension);
  for (float& value : voices.reshaped()) value = normal(random);
  RowMatrixF points(num_points, dimension);
  for (Eigen::Index i = 0; i < num_points; ++i) {
    const Eigen::Index voice = random() % 5;
    for (Eigen::Index k = 0; k < dimension; ++k) points(i, k) = voices(voice, k) + 0.4f * normal(random);
    points.row(i).normalize();
  }
  return points;
}

class FastLinkageCase : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(FastLinkageCase, EqualsPlain) {
  const auto [num_points, dimension] = GetParam();
  const RowMatrixF points = random_points(num_points, dimension, 7);
  expect_equal(centroid_linkage(points), centroid_linkage_plain(points.cast<double>()));
}

// Ties by the hundred: every point several times, and differences that float cannot see.
TEST_P(FastLinkageCase, EqualsPlainWithTies) {
  const auto [num_points, dimension] = GetParam();
  RowMatrixF points = random_points(num_points, dimension, 8);
  for (Eigen::Index i = 0; i < points.rows(); ++i) points.row(i) = points.row(i / 3 * 3 % 50 % points.rows());
  for (Eigen::Index i = 0; i < points.rows(); i += 7)
    points(i, 0) = std::nextafter(points(i, 0), i % 2 == 0 ? 2.0f : -2.0f);
  expect_equal(centroid_linkage(points), centroid_linkage_plain(points.cast<double>()));
}

// Points on a grid of whole numbers: many equal distances between different points.
TEST_P(FastLinkageCase, EqualsPlainOnAGrid) {
  const auto [num_points, dimension] = GetParam();
  RowMatrixF points = random_points(num_points, dimension, 9);
  points = (points.array() * 3.0f).round();
  expect_equal(centroid_linkage(points), centroid_linkage_plain(points.cast<double>()));
}

// Far from the unit sphere: squares that float loses, values that it cannot hold.
TEST_P(FastLinkageCase, EqualsPlainAtAnyScale) {
  const auto [num_points, dimension] = GetParam();
  for (const float scale : {1e-30f, 1e-15f, 1e10f, 1e20f, 1e35f}) {
    const RowMatrixF points = scale * random_points(num_points, dimension, 10);
    expect_equal(centroid_linkage(points), centroid_linkage_plain(points.cast<double>()));
  }
}

INSTANTIATE_TEST_SUITE_P(AroundBlocksAndWidths, FastLinkageCase,
                         ::testing::Values(std::tuple(2, 3), std::tuple(3, 16), std::tuple(8, 1),
                                           std::tuple(9, 17), std::tuple(10, 31), std::tuple(17, 256),
                                           std::tuple(100, 33), std::tuple(400, 256), std::tuple(1000, 24)));

TEST(FastLinkage, RefusesWhatIsNotFinite) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    RowMatrixF points = random_points(20, 8, 1);
    points(13, 5) = bad;
    EXPECT_THROW(centroid_linkage(points), InvalidArgument);
  }
}

void expect_distances_within_bounds() {
  constexpr std::size_t kQueries = ByteRows::kQueriesAtOnce;
  for (const std::size_t dimension : {1u, 2u, 3u, 15u, 16u, 17u, 31u, 33u, 63u, 64u, 65u, 256u, 300u}) {
    for (const std::size_t num_rows : {5u, 6u, 7u, 8u, 9u, 20u, 1030u}) {
      const RowMatrix points =
          random_points(static_cast<Eigen::Index>(num_rows), static_cast<Eigen::Index>(dimension), 3)
              .cast<double>();
      ByteRows rows(num_rows, dimension);
      for (std::size_t r = 0; r < num_rows; ++r)
        rows.set(r, {points.row(static_cast<Eigen::Index>(r)).data(), dimension});
      rows.remove(2);
      const std::size_t queries[kQueries] = {0, 3, 1, 4};
      const std::size_t begin = dimension % 3;
      for (const std::size_t num_queries : {std::size_t{1}, std::size_t{3}, kQueries}) {
        std::vector<float> out(num_queries * num_rows, -1.0f);
        std::vector<float> expected = out;
        float least[kQueries], least_expected[kQueries];
        rows.squared_distances(queries, num_queries, begin, num_rows, out.data(), num_rows, least);
        rows.squared_distances_reference(queries, num_queries, begin, num_rows, expected.data(), num_rows,
                                         least_expected);
        for (std::size_t q = 0; q < num_queries; ++q) {
          EXPECT_NEAR(least[q], least_expected[q], 0x1p-19) << dimension;
          for (std::size_t r = begin; r < num_rows; ++r) {
            const std::size_t i = q * num_rows + r - begin;
            if (r == 2) {
              EXPECT_TRUE(std::isinf(out[i]) && std::isinf(expected[i]));
              continue;
            }
            EXPECT_NEAR(out[i], expected[i], 0x1p-19) << dimension << " " << num_rows << " " << i;
            const double exactly =
                (points.row(static_cast<Eigen::Index>(queries[q])) - points.row(static_cast<Eigen::Index>(r)))
                    .norm();
            EXPECT_NEAR(std::sqrt(double{expected[i]}), exactly,
                        rows.errors()[queries[q]] + rows.errors()[r] + 1e-7);
          }
        }
      }
    }
  }
}

// With every instruction set of this machine that the kernels are compiled for.
TEST(ByteRows, DistancesLieWithinTheirBounds) {
  const auto choose = [](std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    choose(target);
    expect_distances_within_bounds();
  }
  choose(0);
}

TEST(CutDendrogram, OnePointIsOneCluster) {
  EXPECT_TRUE(centroid_linkage(RowMatrixF::Zero(1, 4)).empty());
  EXPECT_TRUE(centroid_linkage_plain(RowMatrix::Zero(1, 4)).empty());
  EXPECT_EQ(cut_dendrogram({}, 1, 0.6), std::vector<int>{0});
}

TEST(CutDendrogram, TheHighestMergeOfASubtreeCounts) {
  // The second merge lies below the first: an inversion. Cutting between them must not join anything.
  const std::vector<Merge> merges = {{0, 1, 1.0}, {2, 3, 0.8}};
  EXPECT_EQ(cut_dendrogram(merges, 3, 0.9), (std::vector<int>{0, 1, 2}));
}

TEST(Pulse, LongLoopsBeatAndStop) {
  const RowMatrixF points = RowMatrixF::Random(200, 8).rowwise().normalized();
  ScaledRows rows{{points.data(), static_cast<std::size_t>(points.size())},
                  8,
                  std::vector<std::uint32_t>(200),
                  std::vector<float>(200, 1.0f)};
  std::iota(rows.rows.begin(), rows.rows.end(), 0u);
  std::size_t beats = 0;
  const Pulse count = [&] { ++beats; };
  const Pulse stop = [] { throw Cancelled(); };
  centroid_linkage(rows, count);
  EXPECT_GE(beats, 199u);
  EXPECT_THROW(centroid_linkage(rows, stop), Cancelled);
  beats = 0;
  EXPECT_EQ(cluster_kmeans(points, 5, count), cluster_kmeans(points, 5));
  EXPECT_GE(beats, 3u);
  EXPECT_THROW(cluster_kmeans(points, 5, stop), Cancelled);
  const std::vector<int> labels(200, 0);
  EXPECT_THROW(cluster_vbx(RowMatrix::Random(200, 4), Eigen::VectorXd::Ones(4), labels, {}, stop), Cancelled);
}

}  // namespace
}  // namespace diar
