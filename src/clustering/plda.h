// Speaker embeddings in, vectors out in which speakers are independent Gaussians.
#pragma once

#include "clustering/matrix.h"

namespace diar {

/// What xvec_transform.npz and plda.npz hold; D = 256, L = 128.
struct PldaParameters {
  Eigen::VectorXd mean1;  ///< [D]
  Eigen::VectorXd mean2;  ///< [L]
  RowMatrix lda;          ///< [D, L]
  Eigen::VectorXd mu;     ///< [L]
  RowMatrix tr;           ///< [L, L]
  Eigen::VectorXd psi;    ///< [L]
};

/// Immutable after construction; thread-safe.
class Plda {
 public:
  /// Solves the generalised eigenproblem of between- and within-speaker covariance. Throws `ModelError` on
  /// shapes that do not fit, a singular `tr` or a psi that is not positive. Needs little stack (128 KiB do).
  explicit Plda(const PldaParameters& parameters);

  /// l2(v) = v / |v|;  y = sqrt(L) l2(lda^T (sqrt(D) l2(x - mean1)) - mean2);  z = (y - mu) A^T
  /// embeddings [n, D] -> [n, L]. Source: BUT's VBx, as pyannote.audio 4 uses it.
  RowMatrix transform(const RowMatrix& embeddings) const;
  /// Between-speaker variances of the transformed space, descending: [L].
  const Eigen::VectorXd& phi() const noexcept { return phi_; }
  Eigen::Index dimension() const noexcept { return parameters_.mean1.size(); }

 private:
  PldaParameters parameters_;
  RowMatrix a_;          // [L, L]
  Eigen::VectorXd phi_;  // [L]
};

}  // namespace diar
