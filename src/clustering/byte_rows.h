// Vectors rounded to bytes in, squared distances between them out: a quarter of the memory of floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diar {

/// Rows of 8-bit numbers with a scale each: row r stands for scale[r] * bytes[r].
class ByteRows {
 public:
  /// Vectors that are compared with each row while it is in a register.
  static constexpr std::size_t kQueriesAtOnce = 4;

  ByteRows(std::size_t num_rows, std::size_t dimension);

  /// Rounds `values` [dimension], finite. Afterwards errors()[row] >= |values - scale * bytes|.
  void set(std::size_t row, std::span<const double> values);
  /// Distances to this row become infinite.
  void remove(std::size_t row);
  /// `to` becomes `from`.
  void move(std::size_t from, std::size_t to);
  /// [rows]
  const float* errors() const { return errors_.data(); }

  /// out[q * out_stride + r - begin] = |row queries[q] - row r|^2 for q < num_queries <= kQueriesAtOnce and r
  /// in [begin, end), infinity for rows that were removed; least[q] is the least of them (infinity for none).
  /// Wrong by less than 2^-20 (|query|^2 + |row|^2) + 1e-36.
  void squared_distances(const std::size_t* queries, std::size_t num_queries, std::size_t begin,
                         std::size_t end, float* out, std::size_t out_stride, float* least) const;
  /// The same with plain loops in double.
  void squared_distances_reference(const std::size_t* queries, std::size_t num_queries, std::size_t begin,
                                   std::size_t end, float* out, std::size_t out_stride, float* least) const;

 private:
  std::size_t dimension_;
  std::size_t stride_;  // bytes of a row: the dimension and zeros
  std::vector<std::int8_t> bytes_;
  std::vector<float> scales_;
  std::vector<float> squares_;  // squared length of scale * bytes; infinite for removed rows
  std::vector<float> errors_;
};

}  // namespace diar
