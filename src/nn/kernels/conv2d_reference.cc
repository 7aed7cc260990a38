// What the fast convolutions are compared with: plain loops in double.
#include <algorithm>
#include <array>
#include <vector>

#include "core/bfloat16.h"
#include "nn/kernels/conv2d.h"

namespace diar::nn {
namespace {

using Row = std::array<double, kMaxWinogradTile>;

// Y = M X M^T for M [rows, columns], X [columns, columns].
struct Square {
  std::array<Row, kMaxWinogradTile> values = {};

  Square transformed(const std::array<Row, kMaxWinogradTile>& matrix, std::size_t rows,
                     std::size_t columns) const {
    Square half, result;
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) {
        for (std::size_t k = 0; k < columns; ++k) half.values[r][c] += matrix[r][k] * values[k][c];
      }
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < rows; ++c) {
        for (std::size_t k = 0; k < columns; ++k) result.values[r][c] += half.values[r][k] * matrix[c][k];
      }
    }
    return result;
  }

  void round() {
    for (Row& row : values) {
      for (double& value : row)
        value = static_cast<double>(bfloat_to_float(float_to_bfloat(static_cast<float>(value))));
    }
  }
};

// Row `tap` of B^T: the coefficients of the product of (x - p) over all points p but the tap's own; infinity
// has no factor.
Row input_row(const WinogradPoints& points, std::size_t tap) {
  Row row = {1.0};
  std::size_t degree = 0;
  for (std::size_t other = 0; other + 1 < points.tile(); ++other) {
    if (other == tap) continue;
    for (std::size_t i = ++degree; i > 0; --i) row[i] = row[i - 1] - points.point(other) * row[i];
    row[0] *= -points.point(other);
  }
  return row;
}

struct Matrices {
  std::array<Row, kMaxWinogradTile> in = {};      // B^T [tile, tile]
  std::array<Row, kMaxWinogradTile> filter = {};  // G [tile, 3]
  std::array<Row, kMaxWinogradTile> out = {};     // A^T [outs, tile]

  explicit Matrices(const WinogradPoints& points) {
    for (std::size_t tap = 0; tap < points.tile(); ++tap) {
      in[tap] = input_row(points, tap);
      for (std::size_t power = 0; power < 3; ++power) filter[tap][power] = points.g(tap, power);
      const bool infinity = tap + 1 == points.tile();
      double value = 1.0;
      for (std::size_t r = 0; r < points.outs; ++r, value *= points.point(tap))
        out[r][tap] = infinity ? (r + 1 == points.outs ? 1.0 : 0.0) : value;
    }
  }
};

Square filter_of(std::span<const float> weights) {
  Square filter;
  for (std::size_t tap = 0; tap < 9; ++tap)
    filter.values[tap / 3][tap % 3] = static_cast<double>(weights[tap]);
  return filter;
}

// The tile of one channel [rows, columns] whose results begin at (row, column); zeros around the image.
Square tile_of(std::span<const float> channel, std::size_t rows, std::size_t columns, std::size_t row,
               std::size_t column, std::size_t tile) {
  Square values;
  for (std::size_t r = 0; r < tile; ++r) {
    for (std::size_t c = 0; c < tile; ++c) {
      if (row + r < 1 || column + c < 1 || row + r > rows || column + c > columns) continue;
      values.values[r][c] = static_cast<double>(channel[(row + r - 1) * columns + column + c - 1]);
    }
  }
  return values;
}

}  // namespace

void conv2d_reference(const ConvProblem& problem, std::span<float> out) {
  const auto& [shape, weights, bias, in, rows, columns, residual, relu] = problem;
  const auto pad = static_cast<long>(shape.kernel / 2);
  const std::size_t out_rows = (rows + shape.stride - 1) / shape.stride;
  const std::size_t out_columns = (columns + shape.stride - 1) / shape.stride;
  for (std::size_t index = 0; index < out.size(); ++index) {
    const std::size_t o = index / (out_rows * out_columns);
    const std::size_t row = index / out_columns % out_rows;
    const std::size_t column = index % out_columns;
    double sum = bias[o] + (residual.empty() ? 0.0 : static_cast<double>(residual[index]));
    for (std::size_t i = 0; i < shape.in_channels; ++i) {
      for (std::size_t tap = 0; tap < shape.kernel * shape.kernel; ++tap) {
        const long r = static_cast<long>(row * shape.stride + tap / shape.kernel) - pad;
        const long c = static_cast<long>(column * shape.stride + tap % shape.kernel) - pad;
        if (r < 0 || c < 0 || r >= static_cast<long>(rows) || c >= static_cast<long>(columns)) continue;
        sum += static_cast<double>(weights[(o * shape.in_channels + i) * shape.kernel * shape.kernel + tap]) *
               static_cast<double>(
                   in[(i * rows + static_cast<std::size_t>(r)) * columns + static_cast<std::size_t>(c)]);
      }
    }
    out[index] = static_cast<float>(relu && sum < 0.0 ? 0.0 : sum);
  }
}

void conv2d_bf16_reference(const ConvProblem& problem, const WinogradPoints& points, std::span<float> out) {
  const auto& [shape, weights, bias, in, rows, columns, residual, relu] = problem;
  const Matrices matrices(points);
  const std::size_t tile = points.tile();
  std::vector<Square> filters;
  for (std::size_t i = 0; i < shape.out_channels * shape.in_channels; ++i) {
    filters.push_back(filter_of(weights.subspan(i * 9, 9)).transformed(matrices.filter, tile, 3));
    filters.back().round();
  }
  for (std::size_t row = 0; row < rows; row += points.outs) {
    for (std::size_t column = 0; column < columns; column += points.outs) {
      std::vector<Square> tiles;
      for (std::size_t i = 0; i < shape.in_channels; ++i) {
        const auto channel = in.subspan(i * rows * columns, rows * columns);
        tiles.push_back(
            tile_of(channel, rows, columns, row, column, tile).transformed(matrices.in, tile, tile));
        tiles.back().round();
      }
      for (std::size_t o = 0; o < shape.out_channels; ++o) {
        Square sum;
        for (std::size_t i = 0; i < shape.in_channels; ++i) {
          const Square& filter = filters[o * shape.in_channels + i];
          for (std::size_t tap = 0; tap < tile * tile; ++tap)
            sum.values[tap / tile][tap % tile] +=
                tiles[i].values[tap / tile][tap % tile] * filter.values[tap / tile][tap % tile];
        }
        const Square y = sum.transformed(matrices.out, points.outs, tile);
        for (std::size_t r = 0; r < std::min(points.outs, rows - row); ++r) {
          for (std::size_t c = 0; c < std::min(points.outs, columns - column); ++c) {
            const std::size_t index = (o * rows + row + r) * columns + column + c;
            const double value = y.values[r][c] + static_cast<double>(bias[o]) +
                                 (residual.empty() ? 0.0 : static_cast<double>(residual[index]));
            out[index] = static_cast<float>(relu && value < 0.0 ? 0.0 : value);
          }
        }
      }
    }
  }
}

}  // namespace diar::nn
