#include "core/assignment.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace diar {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Crouse's variant of the Jonker-Volgenant algorithm, for costs with at least as many columns as rows.
class ShortestPaths {
 public:
  ShortestPaths(std::vector<double> costs, std::size_t rows, std::size_t columns)
      : costs_(std::move(costs)),
        rows_(rows),
        columns_(columns),
        u_(rows, 0.0),
        v_(columns, 0.0),
        shortest_(columns),
        path_(columns, -1),
        column_of_(rows, -1),
        row_of_(columns, -1) {}

  std::vector<int> solve() {
    for (std::size_t row = 0; row < rows_; ++row) augment(row);
    return column_of_;
  }

 private:
  void augment(std::size_t start) {
    double least = 0.0;
    std::vector<bool> in_rows(rows_, false);
    std::vector<bool> in_columns(columns_, false);
    // Columns are scanned from the last, which decides among equal paths.
    std::vector<std::size_t> remaining(columns_);
    for (std::size_t i = 0; i < columns_; ++i) remaining[i] = columns_ - i - 1;
    std::fill(shortest_.begin(), shortest_.end(), kInfinity);
    std::size_t row = start;
    int sink = -1;
    while (sink == -1) {
      std::size_t index = 0;
      double lowest = kInfinity;
      in_rows[row] = true;
      for (std::size_t k = 0; k < remaining.size(); ++k) {
        const std::size_t j = remaining[k];
        const double reached = least + costs_[row * columns_ + j] - u_[row] - v_[j];
        if (reached < shortest_[j]) {
          path_[j] = static_cast<int>(row);
          shortest_[j] = reached;
        }
        // Among equally near columns a free one ends the search at once.
        if (shortest_[j] < lowest || (shortest_[j] == lowest && row_of_[j] == -1)) {
          lowest = shortest_[j];
          index = k;
        }
      }
      least = lowest;
      const std::size_t j = remaining[index];
      if (row_of_[j] == -1) {
        sink = static_cast<int>(j);
      } else {
        row = static_cast<std::size_t>(row_of_[j]);
      }
      in_columns[j] = true;
      remaining[index] = remaining.back();
      remaining.pop_back();
    }
    update_potentials(start, least, in_rows, in_columns);
    flip_path(start, static_cast<std::size_t>(sink));
  }

  void update_potentials(std::size_t start, double least, const std::vector<bool>& in_rows,
                         const std::vector<bool>& in_columns) {
    u_[start] += least;
    for (std::size_t i = 0; i < rows_; ++i) {
      if (in_rows[i] && i != start) u_[i] += least - shortest_[static_cast<std::size_t>(column_of_[i])];
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      if (in_columns[j]) v_[j] -= least - shortest_[j];
    }
  }

  void flip_path(std::size_t start, std::size_t column) {
    while (true) {
      const auto row = static_cast<std::size_t>(path_[column]);
      row_of_[column] = static_cast<int>(row);
      const int previous = column_of_[row];
      column_of_[row] = static_cast<int>(column);
      if (row == start) return;
      column = static_cast<std::size_t>(previous);
    }
  }

  std::vector<double> costs_;
  std::size_t rows_;
  std::size_t columns_;
  std::vector<double> u_;
  std::vector<double> v_;
  std::vector<double> shortest_;
  std::vector<int> path_;
  std::vector<int> column_of_;
  std::vector<int> row_of_;
};

}  // namespace

std::vector<int> assign_maximum(std::span<const double> scores, std::size_t num_rows,
                                std::size_t num_columns) {
  assert(scores.size() == num_rows * num_columns);
  if (num_rows == 0 || num_columns == 0) return std::vector<int>(num_rows, -1);
  const bool transposed = num_columns < num_rows;
  std::vector<double> costs(scores.size());
  for (std::size_t i = 0; i < num_rows; ++i) {
    for (std::size_t j = 0; j < num_columns; ++j) {
      costs[transposed ? j * num_rows + i : i * num_columns + j] = -scores[i * num_columns + j];
    }
  }
  if (!transposed) return ShortestPaths(std::move(costs), num_rows, num_columns).solve();
  const std::vector<int> row_of = ShortestPaths(std::move(costs), num_columns, num_rows).solve();
  std::vector<int> column_of(num_rows, -1);
  for (std::size_t j = 0; j < num_columns; ++j)
    column_of[static_cast<std::size_t>(row_of[j])] = static_cast<int>(j);
  return column_of;
}

}  // namespace diar
