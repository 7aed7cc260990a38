// The PLDA transform beside pyannote's own, from the same two files and embeddings.
#include "clustering/plda.h"

#include "diar/errors.h"
#include "engine/load.h"
#include "golden_data.h"

namespace diar {
namespace {

PldaParameters parameters() {
  return plda_parameters({golden::unit("plda_xvec_transform"), golden::unit("plda_plda")}, 256);
}

TEST(Plda, FeaturesAndVariancesAreThoseOfPyannote) {
  const Plda plda(parameters());
  const Weights file = golden::unit("plda");
  const RowMatrix expected = golden::matrix(file.at("features"));
  const RowMatrix ours = plda.transform(golden::matrix(file.at("embeddings")));
  ASSERT_EQ(ours.rows(), expected.rows());
  ASSERT_EQ(ours.cols(), expected.cols());
  const double largest = expected.cwiseAbs().maxCoeff();
  for (Eigen::Index k = 0; k < expected.cols(); ++k) {
    // An eigenvector's sign is free, and the same for all rows.
    const double sign = ours.col(k).dot(expected.col(k)) < 0.0 ? -1.0 : 1.0;
    EXPECT_LE((sign * ours.col(k) - expected.col(k)).cwiseAbs().maxCoeff(), 1e-8 * largest) << "column " << k;
  }
  const RowMatrix gram = golden::matrix(file.at("gram"));
  EXPECT_LE((ours * ours.transpose() - gram).cwiseAbs().maxCoeff(), 1e-8 * gram.cwiseAbs().maxCoeff());
  const Eigen::VectorXd phi = golden::vector(file.at("phi"));
  EXPECT_LE((plda.phi() - phi).cwiseAbs().maxCoeff(), 1e-8 * phi.maxCoeff());
}

TEST(Plda, RefusesWhatHasNoDiagonalisation) {
  PldaParameters singular = parameters();
  singular.tr.row(3).setZero();
  EXPECT_THROW(Plda{singular}, ModelError);
  PldaParameters negative = parameters();
  negative.psi[5] = -1.0;
  EXPECT_THROW(Plda{negative}, ModelError);
  PldaParameters misfit = parameters();
  misfit.mean2.conservativeResize(100);
  EXPECT_THROW(Plda{misfit}, ModelError);
}

}  // namespace
}  // namespace diar
