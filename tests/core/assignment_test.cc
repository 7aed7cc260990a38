// Assignments beside scipy's linear_sum_assignment, ties included.
#include "core/assignment.h"

#include "golden_data.h"

namespace diar {
namespace {

class AssignmentSet : public ::testing::TestWithParam<int> {};

TEST_P(AssignmentSet, IsScipys) {
  const Weights file = golden::unit("assignment");
  const Tensor& tensor = file.at(golden::indexed("scores", GetParam()));
  const auto scores = tensor.to_double();
  const std::size_t columns = tensor.shape[1];
  const auto assigned = assign_maximum(scores, tensor.shape[0], columns);
  double total = 0.0;
  for (std::size_t row = 0; row < assigned.size(); ++row) {
    if (assigned[row] >= 0) total += scores[row * columns + static_cast<std::size_t>(assigned[row])];
  }
  EXPECT_NEAR(total, file.at(golden::indexed("total", GetParam())).to_double()[0], 1e-12);
  auto expected = golden::ints(file.at(golden::indexed("assigned", GetParam())));
  for (int& column : expected) column = std::max(column, -1);  // scipy's callers write -2 for "left over"
  EXPECT_EQ(assigned, expected);
}

INSTANTIATE_TEST_SUITE_P(Scipy, AssignmentSet,
                         ::testing::Range(0, golden::scalar(golden::unit("assignment"), "num_sets")));

TEST(Assignment, EmptyTables) {
  EXPECT_TRUE(assign_maximum({}, 0, 3).empty());
  EXPECT_EQ(assign_maximum({}, 2, 0), (std::vector<int>{-1, -1}));
}

}  // namespace
}  // namespace diar
