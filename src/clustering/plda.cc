#include "clustering/plda.h"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "diar/errors.h"

namespace diar {
namespace {

void check(const PldaParameters& p) {
  const Eigen::Index d = p.mean1.size();
  const Eigen::Index l = p.mean2.size();
  if (d == 0 || l == 0 || p.lda.rows() != d || p.lda.cols() != l || p.mu.size() != l || p.tr.rows() != l ||
      p.tr.cols() != l || p.psi.size() != l) {
    throw ModelError("PLDA: the shapes of mean1, mean2, lda, mu, tr and psi do not fit together");
  }
  if (!(p.psi.array() > 0.0).all()) throw ModelError("PLDA: psi must be positive");
}

}  // namespace

Plda::Plda(const PldaParameters& parameters) : parameters_(parameters) {
  check(parameters);
  // W = (tr^T tr)^-1, B = ((tr^T / psi) tr)^-1, B v = lambda W v with v^T W v = 1.
  const Eigen::MatrixXd tr = parameters.tr;
  const Eigen::FullPivLU<Eigen::MatrixXd> lu(tr);
  if (!lu.isInvertible()) throw ModelError("PLDA: tr is singular");
  const Eigen::MatrixXd within = (tr.transpose() * tr).inverse();
  const Eigen::MatrixXd between =
      (tr.transpose() * parameters.psi.cwiseInverse().asDiagonal() * tr).inverse();
  const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> solver(between, within);
  if (solver.info() != Eigen::Success || !solver.eigenvalues().allFinite()) {
    throw ModelError("PLDA: its covariances have no joint diagonalisation");
  }
  // Eigenvalues come ascending; the largest variance goes first.
  phi_ = solver.eigenvalues().reverse();
  a_ = solver.eigenvectors().transpose().colwise().reverse();
}

RowMatrix Plda::transform(const RowMatrix& embeddings) const {
  // Some rows at a time, so that many hours need no second copy of their embeddings.
  constexpr Eigen::Index kRows = 1024;
  const double root_d = std::sqrt(static_cast<double>(parameters_.mean1.size()));
  const double root_l = std::sqrt(static_cast<double>(parameters_.mean2.size()));
  RowMatrix z(embeddings.rows(), phi_.size());
  for (Eigen::Index first = 0; first < z.rows(); first += kRows) {
    const Eigen::Index count = std::min(kRows, z.rows() - first);
    RowMatrix x = embeddings.middleRows(first, count).rowwise() - parameters_.mean1.transpose();
    for (Eigen::Index i = 0; i < count; ++i) x.row(i) *= root_d / x.row(i).norm();
    RowMatrix y = (x * parameters_.lda).rowwise() - parameters_.mean2.transpose();
    for (Eigen::Index i = 0; i < count; ++i) y.row(i) *= root_l / y.row(i).norm();
    z.middleRows(first, count) = (y.rowwise() - parameters_.mu.transpose()) * a_.transpose();
  }
  return z;
}

}  // namespace diar
