#include "assign/best_counts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "clustering/ahc.h"

namespace diar {
namespace {

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
        // For each embedding of the two, as it were: else a small cluster joins anybody cheaply, and two
        // large ones that are one voice never do.
        const double effective = x.count * y.count / (x.count + y.count);
        const double cost =
            (evidence.of(x) + evidence.of(y) - evidence.of(x + y) + kWindowCost * shared(a, b)) / effective;
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

/// The part of a cluster that becomes one of its own.
struct Part {
  double gain = -std::numeric_limits<double>::infinity();
  std::vector<bool> leaves;  // of each member
};

// All members are one embedding.
bool is_one_point(const std::vector<Eigen::Index>& members, const Evidence& evidence) {
  return std::all_of(members.begin(), members.end(),
                     [&](Eigen::Index t) { return evidence.row(t) == evidence.row(members[0]); });
}

// The subtree of the members' linkage whose leaving gains most evidence. Not one of two halves: who was
// overlooked spoke little, and halving a large voice would often gain more.
Part best_part(const std::vector<Eigen::Index>& members, const RowMatrixF& unit, const Evidence& evidence,
               const Pulse& pulse) {
  Part part;
  const std::size_t n = members.size();
  if (n < 2 || is_one_point(members, evidence)) return part;
  RowMatrixF rows(static_cast<Eigen::Index>(n), unit.cols());
  Sums all{static_cast<double>(n), Eigen::RowVectorXd::Zero(evidence.rho().cols())};
  for (std::size_t i = 0; i < n; ++i) {
    rows.row(static_cast<Eigen::Index>(i)) = unit.row(members[i]);
    all.rho += evidence.row(members[i]);
  }
  const std::vector<Merge> merges = centroid_linkage(rows);
  std::vector<Sums> subtrees(merges.size());
  const auto take = [&](int node) -> Sums {
    const auto index = static_cast<std::size_t>(node);
    return index < n ? Sums{1.0, evidence.row(members[index])} : std::exchange(subtrees[index - n], {});
  };
  const double together = evidence.of(all);
  std::size_t best = 0;  // two members have no subtree but themselves
  for (std::size_t k = 0; k + 1 < merges.size(); ++k) {
    beat(pulse);
    subtrees[k] = take(merges[k].left) + take(merges[k].right);
    const Sums rest{all.count - subtrees[k].count, all.rho - subtrees[k].rho};
    const double gain = evidence.of(subtrees[k]) + evidence.of(rest) - together;
    if (gain > part.gain) {
      part.gain = gain;
      best = n + k;
    }
  }
  if (best == 0) {
    const Sums one = take(0);
    part.gain = evidence.of(one) + evidence.of({all.count - 1.0, all.rho - one.rho}) - together;
  }
  part.leaves.assign(n, false);
  std::vector<std::size_t> open = {best};
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    if (node < n) {
      part.leaves[node] = true;
    } else {
      open.push_back(static_cast<std::size_t>(merges[node - n].left));
      open.push_back(static_cast<std::size_t>(merges[node - n].right));
    }
  }
  return part;
}

RowMatrix split(RowMatrix gamma, const RowMatrixF& unit, const Evidence& evidence, Eigen::Index wanted,
                const Pulse& pulse) {
  std::vector<std::vector<Eigen::Index>> members(static_cast<std::size_t>(gamma.cols()));
  for (Eigen::Index t = 0; t < gamma.rows(); ++t) {
    Eigen::Index k = 0;
    gamma.row(t).maxCoeff(&k);
    members[static_cast<std::size_t>(k)].push_back(t);
  }
  std::vector<Part> parts;
  for (const auto& cluster : members) parts.push_back(best_part(cluster, unit, evidence, pulse));
  while (gamma.cols() < wanted) {
    beat(pulse);
    const auto best = std::max_element(parts.begin(), parts.end(),
                                       [](const Part& a, const Part& b) { return a.gain < b.gain; });
    if (!std::isfinite(best->gain)) break;  // nothing but clusters of one, or of equal embeddings
    const auto k = static_cast<std::size_t>(best - parts.begin());
    std::vector<Eigen::Index> first, second;
    gamma.conservativeResize(Eigen::NoChange, gamma.cols() + 1);
    gamma.col(gamma.cols() - 1).setZero();
    for (std::size_t i = 0; i < members[k].size(); ++i) {
      const Eigen::Index t = members[k][i];
      (parts[k].leaves[i] ? second : first).push_back(t);
      if (parts[k].leaves[i]) std::swap(gamma(t, static_cast<Eigen::Index>(k)), gamma(t, gamma.cols() - 1));
    }
    members[k] = first;
    members.push_back(second);
    parts[k] = best_part(first, unit, evidence, pulse);
    parts.push_back(best_part(second, unit, evidence, pulse));
  }
  return gamma;
}

}  // namespace

RowMatrix with_clusters(RowMatrix gamma, std::span<const std::pair<std::size_t, std::size_t>> pairs,
                        const PldaSpace& space, const RowMatrixF& unit, int wanted, double fa, double fb,
                        const Pulse& pulse) {
  const Evidence evidence(space, fa / fb);
  return gamma.cols() > wanted ? merged(std::move(gamma), pairs, evidence, wanted, pulse)
                               : split(std::move(gamma), unit, evidence, wanted, pulse);
}

}  // namespace diar
