// The transforms of F(4, 3) and F(5, 3) in one dimension, on vectors; included once for each instruction set.
#if defined(DIAR_WINOGRAD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DIAR_WINOGRAD_INL_H
#undef DIAR_WINOGRAD_INL_H
#else
#define DIAR_WINOGRAD_INL_H
#endif

#include <hwy/highway.h>

#include "nn/kernels/winograd.h"

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

HWY_INLINE V Constant(double value) {
  return hn::Set(D(), static_cast<float>(value));
}

/// x(i): the i-th value of a row that lies in vectors, or of a column of an image.
struct FromVectors {
  const V* values;
  HWY_INLINE V operator()(std::size_t i) const { return values[i]; }
};
struct FromColumn {
  const float* first;
  std::size_t stride;
  HWY_INLINE V operator()(std::size_t i) const { return hn::LoadU(D(), first + i * stride); }
};

/// B^T x of F(4, 3), two rows at a time: kStep 0 gives rows 1 and 2 (+-a), 1 rows 3 and 4 (+-b), 2 rows 0
/// and 5.
///     +-a: E +- a O with E = x4 - b^2 x2, O = x3 - b^2 x1      outer: x4 - (a^2 + b^2) x2 + a^2 b^2 x0
struct Transform4 {
  static constexpr WinogradPoints kPoints = kWinograd4;
  static constexpr std::size_t kOuts = 4;
  static constexpr std::size_t kTile = 6;
  static constexpr std::size_t kSteps = 3;
  static constexpr std::size_t kRow[kSteps][2] = {{1, 2}, {3, 4}, {0, 5}};

  template <std::size_t kStep, class Values>
  static HWY_INLINE void In(const Values& x, V& first, V& second) {
    constexpr double a2 = kPoints.a * kPoints.a;
    constexpr double b2 = kPoints.b * kPoints.b;
    if constexpr (kStep < 2) {
      const V other = Constant(kStep == 0 ? b2 : a2);
      const V point = Constant(kStep == 0 ? kPoints.a : kPoints.b);
      const V even = hn::NegMulAdd(other, x(2), x(4));
      const V odd = hn::NegMulAdd(other, x(1), x(3));
      first = hn::MulAdd(point, odd, even);
      second = hn::NegMulAdd(point, odd, even);
    } else {
      first = hn::MulAdd(Constant(a2 * b2), x(0), hn::NegMulAdd(Constant(a2 + b2), x(2), x(4)));
      second = hn::MulAdd(Constant(a2 * b2), x(1), hn::NegMulAdd(Constant(a2 + b2), x(3), x(5)));
    }
  }

  /// A^T x: six values become four.
  static HWY_INLINE void Out(const V* x, V* y) {
    constexpr double a = kPoints.a;
    constexpr double b = kPoints.b;
    const V sum_a = hn::Add(x[1], x[2]);
    const V difference_a = hn::Sub(x[1], x[2]);
    const V sum_b = hn::Add(x[3], x[4]);
    const V difference_b = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(hn::Add(x[0], sum_a), sum_b);
    y[1] = hn::MulAdd(Constant(a), difference_a, hn::Mul(Constant(b), difference_b));
    y[2] = hn::MulAdd(Constant(a * a), sum_a, hn::Mul(Constant(b * b), sum_b));
    y[3] = hn::MulAdd(Constant(a * a * a), difference_a, hn::MulAdd(Constant(b * b * b), difference_b, x[5]));
  }
};

/// The same for F(5, 3). With w_i = x_(i+1) - c x_i every row but that of the point c is the row of F(4, 3)
/// on w.
struct Transform5 {
  static constexpr WinogradPoints kPoints = kWinograd5;
  static constexpr std::size_t kOuts = 5;
  static constexpr std::size_t kTile = 7;
  static constexpr std::size_t kSteps = 4;
  static constexpr std::size_t kRow[kSteps][2] = {{1, 2}, {3, 4}, {0, 6}, {5, 5}};

  template <std::size_t kStep, class Values>
  static HWY_INLINE void In(const Values& x, V& first, V& second) {
    constexpr double a2 = kPoints.a * kPoints.a;
    constexpr double b2 = kPoints.b * kPoints.b;
    if constexpr (kStep < 3) {
      const V c = Constant(kPoints.c);
      const auto w = [&](std::size_t i) HWY_ATTR { return hn::NegMulAdd(c, x(i), x(i + 1)); };
      if constexpr (kStep < 2) {
        const V other = Constant(kStep == 0 ? b2 : a2);
        const V point = Constant(kStep == 0 ? kPoints.a : kPoints.b);
        const V even = hn::NegMulAdd(other, w(2), w(4));
        const V odd = hn::NegMulAdd(other, w(1), w(3));
        first = hn::MulAdd(point, odd, even);
        second = hn::NegMulAdd(point, odd, even);
      } else {
        first = hn::MulAdd(Constant(a2 * b2), w(0), hn::NegMulAdd(Constant(a2 + b2), w(2), w(4)));
        second = hn::MulAdd(Constant(a2 * b2), w(1), hn::NegMulAdd(Constant(a2 + b2), w(3), w(5)));
      }
    } else {
      first = hn::MulAdd(Constant(a2 * b2), x(1), hn::NegMulAdd(Constant(a2 + b2), x(3), x(5)));
      second = first;
    }
  }

  /// A^T x: seven values become five.
  static HWY_INLINE void Out(const V* x, V* y) {
    constexpr double a = kPoints.a;
    constexpr double b = kPoints.b;
    constexpr double c = kPoints.c;
    const V sum_a = hn::Add(x[1], x[2]);
    const V difference_a = hn::Sub(x[1], x[2]);
    const V sum_b = hn::Add(x[3], x[4]);
    const V difference_b = hn::Sub(x[3], x[4]);
    y[0] = hn::Add(hn::Add(x[0], x[5]), hn::Add(sum_a, sum_b));
    y[1] = hn::MulAdd(Constant(a), difference_a,
                      hn::MulAdd(Constant(b), difference_b, hn::Mul(Constant(c), x[5])));
    y[2] = hn::MulAdd(Constant(a * a), sum_a,
                      hn::MulAdd(Constant(b * b), sum_b, hn::Mul(Constant(c * c), x[5])));
    y[3] = hn::MulAdd(Constant(a * a * a), difference_a,
                      hn::MulAdd(Constant(b * b * b), difference_b, hn::Mul(Constant(c * c * c), x[5])));
    y[4] = hn::MulAdd(
        Constant(a * a * a * a), sum_a,
        hn::MulAdd(Constant(b * b * b * b), sum_b, hn::MulAdd(Constant(c * c * c * c), x[5], x[6])));
  }
};

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
