#include "clustering/byte_rows.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "clustering/byte_rows.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/instruction_set.h"

HWY_BEFORE_NAMESPACE();
namespace diar::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
// For processors without vectors.
template <std::size_t kQueries, std::size_t kRows>
void Block(const std::int8_t* const* queries, const std::int8_t* rows, std::size_t stride,
           std::int32_t* products, std::size_t out_stride) {
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t r = 0; r < kRows; ++r) {
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < stride; ++i)
        sum += std::int32_t{queries[q][i]} * std::int32_t{rows[r * stride + i]};
      products[q * out_stride + r] = sum;
    }
  }
}
#else
// products[q * out_stride + r] = sum_i queries[q][i] * rows[r, i], exactly; `stride` is a multiple of 64.
template <std::size_t kQueries, std::size_t kRows>
HWY_INLINE void Block(const std::int8_t* const* queries, const std::int8_t* rows, std::size_t stride,
                      std::int32_t* products, std::size_t out_stride) {
  const hn::ScalableTag<std::int32_t> d32;
  const hn::RepartitionToNarrow<decltype(d32)> d16;
  const hn::Rebind<std::int8_t, decltype(d16)> d8;
  using V = hn::Vec<decltype(d32)>;
  V sums[kQueries][kRows];
  V more[kQueries][kRows];
#pragma GCC unroll 8
  for (std::size_t q = 0; q < kQueries; ++q) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) sums[q][r] = more[q][r] = hn::Zero(d32);
  }
  for (std::size_t i = 0; i < stride; i += hn::Lanes(d16)) {
    hn::Vec<decltype(d16)> values[kRows];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r)
      values[r] = hn::PromoteTo(d16, hn::LoadU(d8, rows + r * stride + i));
#pragma GCC unroll 8
    for (std::size_t q = 0; q < kQueries; ++q) {
      const auto query = hn::PromoteTo(d16, hn::LoadU(d8, queries[q] + i));
#pragma GCC unroll 8
      for (std::size_t r = 0; r < kRows; ++r)
        sums[q][r] = hn::ReorderWidenMulAccumulate(d32, query, values[r], sums[q][r], more[q][r]);
    }
  }
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t r = 0; r < kRows; ++r) {
      products[q * out_stride + r] = hn::GetLane(hn::SumOfLanes(d32, hn::Add(sums[q][r], more[q][r])));
    }
  }
}

#endif

template <std::size_t kQueries, std::size_t kRows>
void AllRows(const std::int8_t* const* queries, const std::int8_t* rows, std::size_t num_rows,
             std::size_t stride, std::int32_t* products, std::size_t out_stride) {
  std::size_t r = 0;
  for (; r + kRows <= num_rows; r += kRows)
    Block<kQueries, kRows>(queries, rows + r * stride, stride, products + r, out_stride);
  for (; r < num_rows; ++r) Block<kQueries, 1>(queries, rows + r * stride, stride, products + r, out_stride);
}

void Products(const std::int8_t* const* queries, std::size_t num_queries, const std::int8_t* rows,
              std::size_t num_rows, std::size_t stride, std::int32_t* products, std::size_t out_stride) {
  if (num_queries == ByteRows::kQueriesAtOnce)
    return AllRows<ByteRows::kQueriesAtOnce, 2>(queries, rows, num_rows, stride, products, out_stride);
  for (std::size_t q = 0; q < num_queries; ++q)
    AllRows<1, 4>(queries + q, rows, num_rows, stride, products + q * out_stride, out_stride);
}

// out[r] = square + squares[r] - 2 scale scales[r] products[r]; `out` may be where the products lie. Returns
// the least.
float Distances(const std::int32_t* products, float scale, float square, const float* scales,
                const float* squares, std::size_t num_rows, float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const std::size_t n = hn::Lanes(d);
  const auto factor = hn::Set(d, -2.0f * scale);
  const auto start = hn::Set(d, square);
  auto least = hn::Set(d, std::numeric_limits<float>::infinity());
  std::size_t r = 0;
  for (; r + n <= num_rows; r += n) {
    const auto product = hn::ConvertTo(d, hn::LoadU(di, products + r));
    const auto sum = hn::Add(start, hn::LoadU(d, squares + r));
    const auto value = hn::MulAdd(hn::Mul(factor, hn::LoadU(d, scales + r)), product, sum);
    least = hn::Min(least, value);
    hn::StoreU(value, d, out + r);
  }
  float smallest = hn::GetLane(hn::MinOfLanes(d, least));
  for (; r < num_rows; ++r) {
    out[r] = square + squares[r] - 2.0f * scale * scales[r] * static_cast<float>(products[r]);
    smallest = HWY_MIN(smallest, out[r]);
  }
  return smallest;
}

}  // namespace diar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar {
namespace {

HWY_EXPORT(Products);
HWY_EXPORT(Distances);

constexpr std::size_t kStep = 64;          // no vector of 16-bit numbers is longer
constexpr std::size_t kRowsAtOnce = 1024;  // whose products stay in the first-level cache
constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

ByteRows::ByteRows(std::size_t num_rows, std::size_t dimension)
    : dimension_(dimension),
      stride_((dimension + kStep - 1) / kStep * kStep),
      bytes_(num_rows * stride_),
      scales_(num_rows),
      squares_(num_rows),
      errors_(num_rows) {}

void ByteRows::set(std::size_t row, std::span<const double> values) {
  assert(values.size() == dimension_);
  double largest = 0.0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const auto scale = static_cast<float>(largest / 127.0);
  std::int8_t* bytes = bytes_.data() + row * stride_;
  double square = 0.0;
  double error = 0.0;
  for (std::size_t i = 0; i < dimension_; ++i) {
    const double rounded = scale == 0.0f ? 0.0 : std::clamp(std::nearbyint(values[i] / scale), -127.0, 127.0);
    bytes[i] = static_cast<std::int8_t>(rounded);
    const double stands_for = scale * rounded;
    square += stands_for * stands_for;
    error += (values[i] - stands_for) * (values[i] - stands_for);
  }
  scales_[row] = scale;
  squares_[row] = static_cast<float>(square);
  errors_[row] = static_cast<float>(std::sqrt(error) * (1.0 + 1e-6) + 1e-30);
}

void ByteRows::remove(std::size_t row) {
  scales_[row] = 0.0f;
  squares_[row] = kInfinity;
}

void ByteRows::move(std::size_t from, std::size_t to) {
  std::copy_n(bytes_.data() + from * stride_, stride_, bytes_.data() + to * stride_);
  scales_[to] = scales_[from];
  squares_[to] = squares_[from];
  errors_[to] = errors_[from];
}

void ByteRows::squared_distances(const std::size_t* queries, std::size_t num_queries, std::size_t begin,
                                 std::size_t end, float* out, std::size_t out_stride, float* least) const {
  assert(num_queries <= kQueriesAtOnce && end <= scales_.size());
  const std::int8_t* bytes[kQueriesAtOnce] = {};
  for (std::size_t q = 0; q < num_queries; ++q) {
    bytes[q] = bytes_.data() + queries[q] * stride_;
    least[q] = kInfinity;
  }
  choose_instruction_set();
  std::int32_t products[kQueriesAtOnce * kRowsAtOnce];
  for (std::size_t first = begin; first < end; first += kRowsAtOnce) {
    const std::size_t count = std::min(kRowsAtOnce, end - first);
    HWY_DYNAMIC_DISPATCH(Products)
    (bytes, num_queries, bytes_.data() + first * stride_, count, stride_, products, kRowsAtOnce);
    for (std::size_t q = 0; q < num_queries; ++q) {
      const float smallest = HWY_DYNAMIC_DISPATCH(Distances)(
          products + q * kRowsAtOnce, scales_[queries[q]], squares_[queries[q]], scales_.data() + first,
          squares_.data() + first, count, out + q * out_stride + first - begin);
      least[q] = std::min(least[q], smallest);
    }
  }
}

void ByteRows::squared_distances_reference(const std::size_t* queries, std::size_t num_queries,
                                           std::size_t begin, std::size_t end, float* out,
                                           std::size_t out_stride, float* least) const {
  for (std::size_t q = 0; q < num_queries; ++q) {
    least[q] = kInfinity;
    for (std::size_t r = begin; r < end; ++r) {
      double sum = 0.0;
      for (std::size_t i = 0; i < dimension_; ++i) {
        const double difference = double{scales_[queries[q]]} * bytes_[queries[q] * stride_ + i] -
                                  double{scales_[r]} * bytes_[r * stride_ + i];
        sum += difference * difference;
      }
      const float value = squares_[r] == kInfinity ? kInfinity : static_cast<float>(sum);
      out[q * out_stride + r - begin] = value;
      least[q] = std::min(least[q], value);
    }
  }
}

}  // namespace diar
#endif
