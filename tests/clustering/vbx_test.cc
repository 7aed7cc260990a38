// VBx beside pyannote's, from the same features and first clusters: every iteration's evidence too.
#include "clustering/vbx.h"

#include "golden_data.h"

namespace diar {
namespace {

class VbxSet : public ::testing::TestWithParam<int> {};

TEST_P(VbxSet, ResponsibilitiesPriorsAndEvidenceAgree) {
  const Weights file = golden::unit("vbx");
  const auto at = [&](const char* name) { return file.at(golden::indexed(name, GetParam())); };
  VbxOptions options;
  options.fa = file.at("fa").to_double()[0];
  options.fb = file.at("fb").to_double()[0];
  const VbxResult ours = cluster_vbx(golden::matrix(at("features")), golden::vector(at("phi")),
                                     golden::ints(at("ahc")), options);
  const RowMatrix gamma = golden::matrix(at("gamma"));
  ASSERT_EQ(ours.gamma.rows(), gamma.rows());
  ASSERT_EQ(ours.gamma.cols(), gamma.cols());
  EXPECT_LE((ours.gamma - gamma).cwiseAbs().maxCoeff(), 1e-6);
  EXPECT_LE((ours.pi - golden::vector(at("pi"))).cwiseAbs().maxCoeff(), 1e-6);
  const auto elbo = at("elbo").to_double();
  ASSERT_EQ(ours.elbo.size(), elbo.size()) << "another number of iterations";
  for (std::size_t i = 0; i < elbo.size(); ++i) {
    EXPECT_NEAR(ours.elbo[i], elbo[i], 1e-6 * (1.0 + std::abs(elbo[i]))) << "iteration " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Pyannote, VbxSet,
                         ::testing::Range(0, golden::scalar(golden::unit("vbx"), "num_sets")));

TEST(Vbx, NothingInNothingOut) {
  EXPECT_EQ(cluster_vbx(RowMatrix(0, 128), Eigen::VectorXd::Ones(128), {}).gamma.rows(), 0);
}

}  // namespace
}  // namespace diar
