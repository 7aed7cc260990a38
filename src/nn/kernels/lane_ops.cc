#include "nn/kernels/lane_ops.h"

#include <algorithm>
#include <cmath>

#include "core/instruction_set.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/lane_ops.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Sums of this many frames stay in float before they join the double totals.
constexpr std::size_t kPartialFrames = 16;

HWY_INLINE V Pooled(const float* in, std::size_t row, bool absolute) {
  const D d;
  V a = hn::LoadU(d, in);
  V b = hn::LoadU(d, in + row);
  V c = hn::LoadU(d, in + 2 * row);
  if (absolute) a = hn::Abs(a), b = hn::Abs(b), c = hn::Abs(c);
  return hn::Max(hn::Max(a, b), c);
}

void MaxPool3(const float* in, std::size_t num_out, std::size_t row, bool absolute, float* out, double* sums,
              double* squares) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  HWY_ALIGN float partial[2][HWY_MAX_BYTES / sizeof(float)];
  for (std::size_t begin = 0; begin < num_out; begin += kPartialFrames) {
    const std::size_t end = HWY_MIN(num_out, begin + kPartialFrames);
    for (std::size_t i = 0; i < row; i += n) {
      V sum = hn::Zero(d);
      V square = hn::Zero(d);
      for (std::size_t t = begin; t < end; ++t) {
        const V value = Pooled(in + 3 * t * row + i, row, absolute);
        hn::StoreU(value, d, out + t * row + i);
        sum = hn::Add(sum, value);
        square = hn::MulAdd(value, value, square);
      }
      hn::Store(sum, d, partial[0]);
      hn::Store(square, d, partial[1]);
      for (std::size_t lane = 0; lane < n; ++lane) {
        sums[i + lane] += static_cast<double>(partial[0][lane]);
        squares[i + lane] += static_cast<double>(partial[1][lane]);
      }
    }
  }
}

HWY_INLINE V Leaky(V x) {
  const D d;
  return hn::Max(x, hn::Mul(x, hn::Set(d, 0.01f)));
}

void AffineLeakyRelu(float* x, std::size_t num_frames, std::size_t row, const float* scale,
                     const float* shift) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  for (std::size_t t = 0; t < num_frames; ++t) {
    float* frame = x + t * row;
    for (std::size_t i = 0; i < row; i += n) {
      hn::StoreU(Leaky(hn::MulAdd(hn::LoadU(d, frame + i), hn::LoadU(d, scale + i), hn::LoadU(d, shift + i))),
                 d, frame + i);
    }
  }
}

void LeakyRelu(float* x, std::size_t size) {
  const D d;
  for (std::size_t i = 0; i < size; i += hn::Lanes(d)) hn::StoreU(Leaky(hn::LoadU(d, x + i)), d, x + i);
}

// e^x = 2^k e^r with |r| <= ln(2) / 2; r is exact thanks to the split of ln 2, e^r is a Taylor polynomial of
// degree 6.
HWY_INLINE V Exp(V x) {
  const D d;
  const hn::RebindToSigned<D> di;
  x = hn::Min(hn::Max(x, hn::Set(d, -87.0f)), hn::Set(d, 88.0f));
  const V k = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504088896341f)));
  V r = hn::NegMulAdd(k, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(k, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::Set(d, 1.0f / 720.0f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 120.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 24.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 6.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, k), hn::Set(di, 127)));
  return hn::Mul(p, hn::BitCast(d, exponent));
}

HWY_INLINE V Sigmoid(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, Exp(hn::Neg(x))));
}

HWY_INLINE V Tanh(V x) {
  const D d;
  return hn::MulSub(hn::Set(d, 2.0f), Sigmoid(hn::Add(x, x)), hn::Set(d, 1.0f));
}

void LstmCell(const float* gates, std::size_t size, float* c, float* h) {
  const D d;
  for (std::size_t u = 0; u < size; u += hn::Lanes(d)) {
    const V i = Sigmoid(hn::LoadU(d, gates + u));
    const V f = Sigmoid(hn::LoadU(d, gates + size + u));
    const V g = Tanh(hn::LoadU(d, gates + 2 * size + u));
    const V o = Sigmoid(hn::LoadU(d, gates + 3 * size + u));
    const V cell = hn::MulAdd(f, hn::LoadU(d, c + u), hn::Mul(i, g));
    hn::StoreU(cell, d, c + u);
    hn::StoreU(hn::Mul(o, Tanh(cell)), d, h + u);
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(MaxPool3);
HWY_EXPORT(AffineLeakyRelu);
HWY_EXPORT(LeakyRelu);
HWY_EXPORT(LstmCell);

void max_pool3(const float* in, std::size_t num_out, std::size_t row, bool absolute, float* out, double* sums,
               double* squares) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(MaxPool3)(in, num_out, row, absolute, out, sums, squares);
}

void max_pool3_reference(const float* in, std::size_t num_out, std::size_t row, bool absolute, float* out,
                         double* sums, double* squares) {
  for (std::size_t t = 0; t < num_out; ++t) {
    for (std::size_t i = 0; i < row; ++i) {
      float best = -INFINITY;
      for (std::size_t tap = 0; tap < 3; ++tap) {
        const float value = in[(3 * t + tap) * row + i];
        best = std::max(best, absolute ? std::abs(value) : value);
      }
      out[t * row + i] = best;
      sums[i] += static_cast<double>(best);
      squares[i] += static_cast<double>(best) * static_cast<double>(best);
    }
  }
}

void affine_leaky_relu(float* x, std::size_t num_frames, std::size_t row, const float* scale,
                       const float* shift) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(AffineLeakyRelu)(x, num_frames, row, scale, shift);
}

void affine_leaky_relu_reference(float* x, std::size_t num_frames, std::size_t row, const float* scale,
                                 const float* shift) {
  for (std::size_t i = 0; i < num_frames * row; ++i) {
    x[i] = x[i] * scale[i % row] + shift[i % row];
    if (x[i] < 0.0f) x[i] *= 0.01f;
  }
}

void leaky_relu(float* x, std::size_t size) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(LeakyRelu)(x, size);
}

void leaky_relu_reference(float* x, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) x[i] = x[i] < 0.0f ? 0.01f * x[i] : x[i];
}

void lstm_cell(const float* gates, std::size_t size, float* c, float* h) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(LstmCell)(gates, size, c, h);
}

void lstm_cell_reference(const float* gates, std::size_t size, float* c, float* h) {
  const auto sigmoid = [](float x) { return 1.0 / (1.0 + std::exp(-static_cast<double>(x))); };
  for (std::size_t u = 0; u < size; ++u) {
    const double cell = sigmoid(gates[size + u]) * static_cast<double>(c[u]) +
                        sigmoid(gates[u]) * std::tanh(static_cast<double>(gates[2 * size + u]));
    c[u] = static_cast<float>(cell);
    h[u] = static_cast<float>(sigmoid(gates[3 * size + u]) * std::tanh(cell));
  }
}

}  // namespace diar::nn
#endif
