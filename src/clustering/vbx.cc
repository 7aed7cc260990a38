#include "clustering/vbx.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diar {
namespace {

RowMatrix initial_gamma(const std::vector<int>& labels, double smoothing) {
  const int num_clusters = 1 + *std::max_element(labels.begin(), labels.end());
  const double off = 1.0 / (std::exp(smoothing) + num_clusters - 1.0);
  RowMatrix gamma = RowMatrix::Constant(static_cast<Eigen::Index>(labels.size()), num_clusters, off);
  for (std::size_t t = 0; t < labels.size(); ++t) {
    gamma(static_cast<Eigen::Index>(t), labels[t]) = std::exp(smoothing) * off;
  }
  return gamma;
}

}  // namespace

VbxResult cluster_vbx(RowMatrix z, const Eigen::VectorXd& phi, const std::vector<int>& labels,
                      const VbxOptions& options, const Pulse& pulse) {
  VbxResult result;
  if (z.rows() == 0) return result;
  const double Fa = options.fa;
  const double Fb = options.fb;
  RowMatrix& gamma = result.gamma;
  gamma = initial_gamma(labels, options.init_smoothing);
  const Eigen::Index K = gamma.cols();
  result.pi = Eigen::VectorXd::Constant(K, 1.0 / static_cast<double>(K));
  const Eigen::VectorXd G = -0.5 * (z.rowwise().squaredNorm().array() +
                                    static_cast<double>(z.cols()) * std::log(2.0 * std::numbers::pi));
  z.array().rowwise() *= phi.cwiseSqrt().transpose().array();
  const RowMatrix& rho = z;

  for (int iteration = 0; iteration < options.max_iterations; ++iteration) {
    beat(pulse);
    const Eigen::VectorXd counts = gamma.colwise().sum();
    const RowMatrix invL = (1.0 + Fa / Fb * (counts * phi.transpose()).array()).inverse();          // (17)
    const RowMatrix alpha = (Fa / Fb * invL.array() * (gamma.transpose() * rho).array()).matrix();  // (16)
    RowMatrix log_p = rho * alpha.transpose();                                                      // (23)
    const Eigen::VectorXd penalty = 0.5 * ((invL.array() + alpha.array().square()).matrix() * phi);
    log_p = Fa * ((log_p.rowwise() - penalty.transpose()).colwise() + G);
    const Eigen::RowVectorXd log_pi = (result.pi.array() + 1e-8).log().matrix().transpose();
    double evidence = 0.0;
    for (Eigen::Index t = 0; t < z.rows(); ++t) {
      const Eigen::RowVectorXd joint = log_p.row(t) + log_pi;
      const double best = joint.maxCoeff();
      const double log_sum = best + std::log((joint.array() - best).exp().sum());
      evidence += log_sum;
      gamma.row(t) = (joint.array() - log_sum).exp();
    }
    result.pi = gamma.colwise().sum().transpose();
    result.pi /= result.pi.sum();
    result.elbo.push_back(
        evidence +
        Fb * 0.5 * (invL.array().log() - invL.array() - alpha.array().square() + 1.0).sum());  // (25)
    const std::size_t last = result.elbo.size() - 1;
    if (last > 0 && result.elbo[last] - result.elbo[last - 1] < options.epsilon) break;
  }
  return result;
}

}  // namespace diar
