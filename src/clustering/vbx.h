// PLDA-transformed embeddings and a first clustering in, soft speaker assignments out.
#pragma once

#include <vector>

#include "clustering/matrix.h"
#include "core/pulse.h"

namespace diar {

struct VbxOptions {
  double fa = 0.07;  ///< weight of the acoustic evidence
  double fb = 0.8;   ///< weight of the speaker prior
  int max_iterations = 20;
  double epsilon = 1e-4;        ///< stop when the ELBO gains less
  double init_smoothing = 7.0;  ///< responsibilities start at softmax(7 onehot)
};

struct VbxResult {
  RowMatrix gamma;           ///< [n, K] responsibilities
  Eigen::VectorXd pi;        ///< [K] speaker priors
  std::vector<double> elbo;  ///< one for each iteration
};

/// Variational Bayes clustering without the HMM of the original (observations are independent):
///
///     rho = z sqrt(Phi),  G = -0.5 (|z|^2 + L log 2 pi)
///     invL = 1 / (1 + Fa/Fb sum_t gamma[t] Phi)                               (eq. 17)
///     alpha = Fa/Fb invL gamma^T rho                                          (eq. 16)
///     log p[t, k] = Fa (rho alpha^T - 0.5 (invL + alpha^2) Phi + G)           (eq. 23)
///     gamma = softmax_k(log p + log(pi + 1e-8)),  pi = mean_t gamma
///     ELBO = sum_t log p(x_t) + Fb/2 sum (log invL - invL - alpha^2 + 1)      (eq. 25)
///
///   z [n, L], phi [L], labels [n] from 0. Equations of Landini et al., "Bayesian HMM clustering of x-vector
///   sequences (VBx)". Double.
/// `pulse` beats with every iteration. Takes z as its memory: with tens of thousands of rows a second copy
/// would count.
VbxResult cluster_vbx(RowMatrix z, const Eigen::VectorXd& phi, const std::vector<int>& labels,
                      const VbxOptions& options = {}, const Pulse& pulse = {});

}  // namespace diar
