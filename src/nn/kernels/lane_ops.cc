#include "nn/kernels/lane_ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

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

// A whole vector, or with kFew the first `count` floats of one: nothing after them is read or written.
template <bool kFew>
HWY_INLINE V LoadUpTo(const float* from, std::size_t count) {
  const D d;
  if constexpr (!kFew) return hn::LoadU(d, from);
  HWY_ALIGN float few[HWY_MAX_BYTES / sizeof(float)] = {};
  std::memcpy(few, from, count * sizeof(float));
  return hn::Load(d, few);
}

template <bool kFew>
HWY_INLINE void StoreUpTo(V value, float* to, std::size_t count) {
  const D d;
  if constexpr (!kFew) return hn::StoreU(value, d, to);
  HWY_ALIGN float few[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(value, d, few);
  std::memcpy(to, few, count * sizeof(float));
}

// `count` neighbouring channels, at most a vector of them, over all frames.
template <bool kFew>
HWY_INLINE void PoolChannels(const float* in, std::size_t num_out, std::size_t row, std::size_t count,
                             float* out, double* sums, double* squares) {
  const D d;
  HWY_ALIGN float partial[2][HWY_MAX_BYTES / sizeof(float)];
  V sum = hn::Zero(d);
  V square = hn::Zero(d);
  for (std::size_t t = 0; t < num_out; ++t, in += 3 * row, out += row) {
    const V a = LoadUpTo<kFew>(in, count);
    const V b = LoadUpTo<kFew>(in + row, count);
    const V value = hn::Max(hn::Max(a, b), LoadUpTo<kFew>(in + 2 * row, count));
    StoreUpTo<kFew>(value, out, count);
    sum = hn::Add(sum, value);
    square = hn::MulAdd(value, value, square);
  }
  hn::Store(sum, d, partial[0]);
  hn::Store(square, d, partial[1]);
  for (std::size_t i = 0; i < HWY_MIN(count, hn::Lanes(d)); ++i) {
    sums[i] += static_cast<double>(partial[0][i]);
    squares[i] += static_cast<double>(partial[1][i]);
  }
}

void MaxPool3(const float* in, std::size_t num_out, std::size_t row, float* out, double* sums,
              double* squares) {
  const std::size_t n = hn::Lanes(D());
  for (std::size_t begin = 0; begin < num_out; begin += kPartialFrames) {
    const std::size_t frames = HWY_MIN(num_out - begin, kPartialFrames);
    const float* from = in + 3 * begin * row;
    float* to = out + begin * row;
    std::size_t i = 0;
    for (; i + n <= row; i += n) PoolChannels<false>(from + i, frames, row, n, to + i, sums + i, squares + i);
    if (i < row) PoolChannels<true>(from + i, frames, row, row - i, to + i, sums + i, squares + i);
  }
}

HWY_INLINE V Leaky(V x) {
  const D d;
  return hn::Max(x, hn::Mul(x, hn::Set(d, 0.01f)));
}

template <bool kFew>
HWY_INLINE void AffineLeaky(float* x, const float* scale, const float* shift, std::size_t count) {
  const V y =
      hn::MulAdd(LoadUpTo<kFew>(x, count), LoadUpTo<kFew>(scale, count), LoadUpTo<kFew>(shift, count));
  StoreUpTo<kFew>(Leaky(y), x, count);
}

void AffineLeakyRelu(float* x, std::size_t num_frames, std::size_t row, const float* scale,
                     const float* shift) {
  const std::size_t n = hn::Lanes(D());
  for (std::size_t t = 0; t < num_frames; ++t, x += row) {
    std::size_t i = 0;
    for (; i + n <= row; i += n) AffineLeaky<false>(x + i, scale + i, shift + i, n);
    if (i < row) AffineLeaky<true>(x + i, scale + i, shift + i, row - i);
  }
}

void LeakyRelu(float* x, std::size_t size) {
  const std::size_t n = hn::Lanes(D());
  std::size_t i = 0;
  for (; i + n <= size; i += n) StoreUpTo<false>(Leaky(LoadUpTo<false>(x + i, n)), x + i, n);
  if (i < size) StoreUpTo<true>(Leaky(LoadUpTo<true>(x + i, size - i)), x + i, size - i);
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

// `count` units, at most a vector of them.
template <bool kFew>
HWY_INLINE void CellUnits(const float* gates, std::size_t size, std::size_t count, float* c, float* h) {
  const V i = Sigmoid(LoadUpTo<kFew>(gates, count));
  const V f = Sigmoid(LoadUpTo<kFew>(gates + size, count));
  const V g = Tanh(LoadUpTo<kFew>(gates + 2 * size, count));
  const V o = Sigmoid(LoadUpTo<kFew>(gates + 3 * size, count));
  const V cell = hn::MulAdd(f, LoadUpTo<kFew>(c, count), hn::Mul(i, g));
  StoreUpTo<kFew>(cell, c, count);
  StoreUpTo<kFew>(hn::Mul(o, Tanh(cell)), h, count);
}

void LstmCell(const float* gates, std::size_t size, float* c, float* h) {
  const std::size_t n = hn::Lanes(D());
  std::size_t u = 0;
  for (; u + n <= size; u += n) CellUnits<false>(gates + u, size, n, c + u, h + u);
  if (u < size) CellUnits<true>(gates + u, size, size - u, c + u, h + u);
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(MaxPool3);
HWY_EXPORT(AffineLeakyRelu);
HWY_EXPORT(LeakyRelu);
HWY_EXPORT(LstmCell);

void max_pool3(const float* in, std::size_t num_out, std::size_t row, float* out, double* sums,
               double* squares) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(MaxPool3)(in, num_out, row, out, sums, squares);
}

void max_pool3_reference(const float* in, std::size_t num_out, std::size_t row, float* out, double* sums,
                         double* squares) {
  for (std::size_t t = 0; t < num_out; ++t) {
    for (std::size_t i = 0; i < row; ++i) {
      float best = -INFINITY;
      for (std::size_t tap = 0; tap < 3; ++tap) best = std::max(best, in[(3 * t + tap) * row + i]);
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
