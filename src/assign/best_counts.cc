#include "assign/best_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diar {
namespace {

constexpr int kSplitIterations = 30;
// What a union costs, in the evidence's nats, for each window in which both clusters have a speaker.
constexpr double kWindowCost = 1.0;

/// Sums of one cluster's embeddings.
struct Sums {
  double count = 0.0;
  Eigen::RowVectorXd rho;  // [L]

  friend Sums operator+(const Sums& a, const Sums& b) { return {a.count + b.count, a.rho + b.rho}; }
};

/// Of the embeddings as VBx sees them.
class Evidence {
 public:
  Evidence(const PldaSpace& space, double weight) : phi_(space.phi.transpose()), weight_(weight) {
    rho_ = space.z;
    if (phi_.size() > 0) rho_.array().rowwise() *= phi_.cwiseSqrt().array();
  }

  Eigen::Index size() const { return rho_.rows(); }
  auto row(Eigen::Index t) const { return rho_.row(t); }
  const RowMatrix& rho() const { return rho_; }

  double of(const Sums& sums) const {
    if (sums.count <= 0.0) return 0.0;
    if (phi_.size() == 0) return sums.rho.squaredNorm() / sums.count;
    const Eigen::ArrayXd known = 1.0 + weight_ * sums.count * phi_.transpose().array();
    const Eigen::ArrayXd pull = weight_ * weight_ * sums.rho.transpose().array().square() / known;
    return 0.5 * (pull - known.log()).sum();
  }

 private:
  RowMatrix rho_;  // [n, L]
  Eigen::RowVectorXd phi_;
  double weight_;
};

// windows [K, K]: how much of both clusters lies in the same windows.
RowMatrix shared_windows(const RowMatrix& gamma, std::span<const std::pair<std::size_t, std::size_t>> pairs) {
  RowMatrix shared = RowMatrix::Zero(gamma.cols(), gamma.cols());
  // Pairs come window by window.
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (std::size_t j = i + 1; j < pairs.size() && pairs[j].first == pairs[i].first; ++j) {
      const auto a = gamma.row(static_cast<Eigen::Index>(i));
      const auto b = gamma.row(static_cast<Eigen::Index>(j));
      shared += a.transpose() * b + b.transpose() * a;
    }
  }
  return shared;
}

// b into a; the last cluster takes b's place.
void merge(RowMatrix& matrix_columns, Eigen::Index a, Eigen::Index b) {
  matrix_columns.col(a) += matrix_columns.col(b);
  matrix_columns.col(b) = matrix_columns.col(matrix_columns.cols() - 1).eval();
  matrix_columns.conservativeResize(Eigen::NoChange, matrix_columns.cols() - 1);
}

RowMatrix merged(RowMatrix gamma, std::span<const std::pair<std::size_t, std::size_t>> pairs,
                 const Evidence& evidence, Eigen::Index wanted, const Pulse& pulse) {
  while (gamma.cols() > wanted) {
    beat(pulse);
    const RowMatrix shared = shared_windows(gamma, pairs);
    const RowMatrix rho = gamma.transpose() * evidence.rho();
    std::vector<Sums> sums;
    for (Eigen::Index k = 0; k < gamma.cols(); ++k) sums.push_back({gamma.col(k).sum(), rho.row(k)});
    double least = std::numeric_limits<double>::infinity();
    Eigen::Index best_a = 0, best_b = 1;
    for (Eigen::Index a = 0; a < gamma.cols(); ++a) {
      for (Eigen::Index b = a + 1; b < gamma.cols(); ++b) {
        const Sums& x = sums[static_cast<std::size_t>(a)];
        const Sums& y = sums[static_cast<std::size_t>(b)];
        const double cost = evidence.of(x) + evidence.of(y) - evidence.of(x + y) + kWindowCost * shared(a, b);
        if (cost < least) {
          least = cost;
          best_a = a;
          best_b = b;
        }
      }
    }
    merge(gamma, best_a, best_b);
  }
  return gamma;
}

/// A cluster in two halves.
struct Halves {
  double gain = -std::numeric_limits<double>::infinity();
  std::vector<bool> second;  // of each member
};

// Two-means, from the two sides of the mean along the direction in which members differ most.
Halves bisect(const std::vector<Eigen::Index>& members, const Evidence& evidence) {
  Halves halves;
  const std::size_t n = members.size();
  if (n < 2) return halves;
  Sums all{static_cast<double>(n), Eigen::RowVectorXd::Zero(evidence.rho().cols())};
  for (const Eigen::Index t : members) all.rho += evidence.row(t);
  const Eigen::RowVectorXd mean = all.rho / all.count;
  // The farthest member starts the power iteration: nothing random.
  Eigen::RowVectorXd axis = Eigen::RowVectorXd::Zero(mean.size());
  for (const Eigen::Index t : members) {
    if ((evidence.row(t) - mean).squaredNorm() > axis.squaredNorm()) axis = evidence.row(t) - mean;
  }
  if (axis.squaredNorm() == 0.0) return halves;
  for (int i = 0; i < kSplitIterations; ++i) {
    axis.normalize();
    Eigen::RowVectorXd next = Eigen::RowVectorXd::Zero(mean.size());
    for (const Eigen::Index t : members) {
      const Eigen::RowVectorXd x = evidence.row(t) - mean;
      next += x.dot(axis) * x;
    }
    if (next.squaredNorm() == 0.0) break;
    axis = next;
  }
  std::vector<bool> second(n);
  for (std::size_t i = 0; i < n; ++i) second[i] = (evidence.row(members[i]) - mean).dot(axis) > 0.0;
  for (int iteration = 0; iteration < kSplitIterations; ++iteration) {
    Sums sums[2] = {{0.0, Eigen::RowVectorXd::Zero(mean.size())},
                    {0.0, Eigen::RowVectorXd::Zero(mean.size())}};
    for (std::size_t i = 0; i < n; ++i) {
      Sums& side = sums[second[i] ? 1 : 0];
      side.count += 1.0;
      side.rho += evidence.row(members[i]);
    }
    if (sums[0].count == 0.0 || sums[1].count == 0.0) break;
    const double gain = evidence.of(sums[0]) + evidence.of(sums[1]) - evidence.of(all);
    if (gain > halves.gain) halves = {gain, second};
    const Eigen::RowVectorXd first_mean = sums[0].rho / sums[0].count;
    const Eigen::RowVectorXd second_mean = sums[1].rho / sums[1].count;
    std::vector<bool> moved(n);
    for (std::size_t i = 0; i < n; ++i) {
      moved[i] = (evidence.row(members[i]) - second_mean).squaredNorm() <
                 (evidence.row(members[i]) - first_mean).squaredNorm();
    }
    if (moved == second) break;
    second = std::move(moved);
  }
  return halves;
}

RowMatrix split(RowMatrix gamma, const Evidence& evidence, Eigen::Index wanted, const Pulse& pulse) {
  std::vector<std::vector<Eigen::Index>> members(static_cast<std::size_t>(gamma.cols()));
  for (Eigen::Index t = 0; t < gamma.rows(); ++t) {
    Eigen::Index k = 0;
    gamma.row(t).maxCoeff(&k);
    members[static_cast<std::size_t>(k)].push_back(t);
  }
  std::vector<Halves> halves;
  for (const auto& cluster : members) halves.push_back(bisect(cluster, evidence));
  while (gamma.cols() < wanted) {
    beat(pulse);
    const auto best = std::max_element(halves.begin(), halves.end(),
                                       [](const Halves& a, const Halves& b) { return a.gain < b.gain; });
    if (!std::isfinite(best->gain)) break;  // nothing but clusters of one, or of equal embeddings
    const auto k = static_cast<std::size_t>(best - halves.begin());
    std::vector<Eigen::Index> first, second;
    gamma.conservativeResize(Eigen::NoChange, gamma.cols() + 1);
    gamma.col(gamma.cols() - 1).setZero();
    for (std::size_t i = 0; i < members[k].size(); ++i) {
      const Eigen::Index t = members[k][i];
      (halves[k].second[i] ? second : first).push_back(t);
      if (halves[k].second[i]) std::swap(gamma(t, static_cast<Eigen::Index>(k)), gamma(t, gamma.cols() - 1));
    }
    members[k] = first;
    members.push_back(second);
    halves[k] = bisect(first, evidence);
    halves.push_back(bisect(second, evidence));
  }
  return gamma;
}

}  // namespace

RowMatrix with_clusters(RowMatrix gamma, std::span<const std::pair<std::size_t, std::size_t>> pairs,
                        const PldaSpace& space, int wanted, double fa, double fb, const Pulse& pulse) {
  const Evidence evidence(space, fa / fb);
  return gamma.cols() > wanted ? merged(std::move(gamma), pairs, evidence, wanted, pulse)
                               : split(std::move(gamma), evidence, wanted, pulse);
}

}  // namespace diar
