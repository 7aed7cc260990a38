// A table of scores in, the best one-to-one assignment of rows to columns out.
#pragma once

#include <span>
#include <vector>

namespace diar {

/// Maximum-weight assignment of a [num_rows, num_columns] table, row-major, any shape, finite values. Returns
/// the column of each row, -1 for rows without one (only when there are more rows than columns). Shortest
/// augmenting paths in the order of scipy.optimize.linear_sum_assignment, so that equal sums are decided
/// alike. O(n^3).
std::vector<int> assign_maximum(std::span<const double> scores, std::size_t num_rows,
                                std::size_t num_columns);

}  // namespace diar
