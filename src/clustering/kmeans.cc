#include "clustering/kmeans.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace diar {
namespace {

constexpr int kStarts = 3;
constexpr int kMaxIterations = 300;
constexpr double kRelativeTolerance = 1e-4;
constexpr std::uint32_t kSeed = 42;

// numpy's RandomState: the same generator, 53 bits from two draws.
class RandomState {
 public:
  double uniform() {
    const std::uint32_t high = engine_() >> 5;
    const std::uint32_t low = engine_() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

 private:
  std::mt19937 engine_{kSeed};
};

using Distances = Eigen::VectorXf;

// max(|x|^2 - 2 x c + |c|^2, 0), as scikit-learn computes it.
Distances squared_distances(const RowMatrixF& points, const Eigen::VectorXf& norms,
                            const Eigen::RowVectorXf& centre) {
  const Distances raw = norms.array() - 2.0f * (points * centre.transpose()).array() + centre.squaredNorm();
  return raw.cwiseMax(0.0f);
}

// k-means++ with several candidates for each centre, the one that helps most is taken.
RowMatrixF start_centres(const RowMatrixF& points, const Eigen::VectorXf& norms, int k, RandomState& random) {
  const Eigen::Index n = points.rows();
  RowMatrixF centres(k, points.cols());
  const int num_candidates = 2 + static_cast<int>(std::log(k));
  const double first = random.uniform();
  const auto chosen =
      std::min<Eigen::Index>(n - 1, static_cast<Eigen::Index>(first * static_cast<double>(n)));
  centres.row(0) = points.row(chosen);
  Distances closest = squared_distances(points, norms, centres.row(0));
  for (int c = 1; c < k; ++c) {
    std::vector<double> cumulative(static_cast<std::size_t>(n));
    double potential = 0.0;
    for (Eigen::Index i = 0; i < n; ++i)
      cumulative[static_cast<std::size_t>(i)] = potential += static_cast<double>(closest[i]);
    Distances best;
    double best_potential = std::numeric_limits<double>::infinity();
    Eigen::Index best_index = 0;
    for (int trial = 0; trial < num_candidates; ++trial) {
      const auto place = std::lower_bound(cumulative.begin(), cumulative.end(), random.uniform() * potential);
      const Eigen::Index index = std::min<Eigen::Index>(n - 1, place - cumulative.begin());
      const Distances candidate = closest.cwiseMin(squared_distances(points, norms, points.row(index)));
      const double sum = candidate.cast<double>().sum();
      if (sum < best_potential) {
        best_potential = sum;
        best_index = index;
        best = candidate;
      }
    }
    centres.row(c) = points.row(best_index);
    closest = best;
  }
  return centres;
}

struct Partition {
  std::vector<int> labels;
  double inertia = 0.0;
};

void label_points(const RowMatrixF& points, const RowMatrixF& centres, Partition& partition) {
  const Eigen::VectorXf norms = centres.rowwise().squaredNorm();
  const RowMatrixF scores = (-2.0f * points * centres.transpose()).rowwise() + norms.transpose();
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    Eigen::Index best = 0;
    scores.row(i).minCoeff(&best);
    partition.labels[static_cast<std::size_t>(i)] = static_cast<int>(best);
  }
}

// Centres of gravity; a cluster that lost all its points takes the point farthest from its own centre.
RowMatrixF mean_centres(const RowMatrixF& points, const RowMatrixF& old, std::vector<int>& labels) {
  RowMatrixF sums = RowMatrixF::Zero(old.rows(), old.cols());
  std::vector<int> counts(static_cast<std::size_t>(old.rows()), 0);
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    const int label = labels[static_cast<std::size_t>(i)];
    sums.row(label) += points.row(i);
    ++counts[static_cast<std::size_t>(label)];
  }
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] > 0) continue;
    Eigen::Index farthest = 0;
    float distance = -1.0f;
    for (Eigen::Index i = 0; i < points.rows(); ++i) {
      const int label = labels[static_cast<std::size_t>(i)];
      const float squared = (points.row(i) - old.row(label)).squaredNorm();
      if (counts[static_cast<std::size_t>(label)] > 1 && squared > distance) {
        distance = squared;
        farthest = i;
      }
    }
    int& label = labels[static_cast<std::size_t>(farthest)];
    sums.row(label) -= points.row(farthest);
    --counts[static_cast<std::size_t>(label)];
    label = static_cast<int>(c);
    sums.row(label) = points.row(farthest);
    counts[c] = 1;
  }
  for (std::size_t c = 0; c < counts.size(); ++c) {
    sums.row(static_cast<Eigen::Index>(c)) /= static_cast<float>(std::max(counts[c], 1));
  }
  return sums;
}

Partition lloyd(const RowMatrixF& points, RowMatrixF centres, double tolerance, const Pulse& pulse) {
  Partition partition;
  partition.labels.assign(static_cast<std::size_t>(points.rows()), -1);
  for (int iteration = 0; iteration < kMaxIterations; ++iteration) {
    beat(pulse);
    const std::vector<int> before = partition.labels;
    label_points(points, centres, partition);
    const RowMatrixF moved = mean_centres(points, centres, partition.labels);
    const double shift = static_cast<double>((moved - centres).squaredNorm());
    centres = moved;
    if (partition.labels == before) break;
    if (shift <= tolerance) {
      label_points(points, centres, partition);
      break;
    }
  }
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    partition.inertia += static_cast<double>(
        (points.row(i) - centres.row(partition.labels[static_cast<std::size_t>(i)])).squaredNorm());
  }
  return partition;
}

}  // namespace

std::vector<int> cluster_kmeans(const RowMatrixF& points, int num_clusters, const Pulse& pulse) {
  assert(num_clusters >= 1 && num_clusters <= points.rows());
  const Eigen::RowVectorXf mean = points.colwise().mean();
  const RowMatrixF centred = points.rowwise() - mean;
  const Eigen::VectorXf norms = centred.rowwise().squaredNorm();
  const double variance = centred.cast<double>().squaredNorm() / static_cast<double>(points.size());
  RandomState random;
  Partition best;
  for (int start = 0; start < kStarts; ++start) {
    Partition partition = lloyd(centred, start_centres(centred, norms, num_clusters, random),
                                kRelativeTolerance * variance, pulse);
    if (best.labels.empty() || partition.inertia < best.inertia) best = std::move(partition);
  }
  return best.labels;
}

}  // namespace diar
