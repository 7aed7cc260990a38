#include "nn/kernels/sinc_conv.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/instruction_set.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/sinc_conv.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr std::size_t kBlock = SincBank::kBlock;
constexpr std::size_t kPairs = kSincTaps / 2;
// Frames of one micro-kernel in vectors: five filters of each kind times two need 32 registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr std::size_t kVectors = 2;
#else
constexpr std::size_t kVectors = 1;
#endif
// Frames whose samples stay in the cache while all filters pass over them.
constexpr std::size_t kChunk = 1024;

// kVectors vectors of frames from frame t on, ten filters. Time is in the lanes: sample 10 t + k of
// neighbouring frames are neighbours in phase k % 10.
HWY_INLINE void FilterFrames(const float* HWY_RESTRICT weights, const float* centres,
                             const float* HWY_RESTRICT phases, std::size_t stride, float* even_out,
                             float* odd_out, std::size_t out_stride) {
  const D d;
  const std::size_t n = hn::Lanes(d);
  V even[kBlock][kVectors];
  V odd[kBlock][kVectors];
  const float* middle = phases + kPairs % kSincStride * stride + kPairs / kSincStride;
#pragma GCC unroll 5
  for (std::size_t f = 0; f < kBlock; ++f) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      even[f][v] = hn::Mul(hn::Set(d, centres[f]), hn::LoadU(d, middle + v * n));
      odd[f][v] = hn::Zero(d);
    }
  }
  for (std::size_t k = 0; k < kPairs; ++k, weights += 2 * kBlock) {
    const std::size_t last = kSincTaps - 1 - k;
    const float* left = phases + k % kSincStride * stride + k / kSincStride;
    const float* right = phases + last % kSincStride * stride + last / kSincStride;
    V sum[kVectors];
    V difference[kVectors];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V a = hn::LoadU(d, left + v * n);
      const V b = hn::LoadU(d, right + v * n);
      sum[v] = hn::Add(a, b);
      difference[v] = hn::Sub(a, b);
    }
#pragma GCC unroll 5
    for (std::size_t f = 0; f < kBlock; ++f) {
      const V w = hn::Set(d, weights[f]);
      const V u = hn::Set(d, weights[kBlock + f]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) {
        even[f][v] = hn::MulAdd(w, sum[v], even[f][v]);
        odd[f][v] = hn::MulAdd(u, difference[v], odd[f][v]);
      }
    }
  }
#pragma GCC unroll 5
  for (std::size_t f = 0; f < kBlock; ++f) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      hn::StoreU(even[f][v], d, even_out + f * out_stride + v * n);
      hn::StoreU(odd[f][v], d, odd_out + f * out_stride + v * n);
    }
  }
}

void SincConv(const SincBank& bank, const float* phases, std::size_t stride, std::size_t num_frames,
              float* out, std::size_t out_stride) {
  constexpr std::size_t kHalf = kSincFilters / 2;
  const std::size_t step = kVectors * hn::Lanes(D());
  for (std::size_t chunk = 0; chunk < num_frames; chunk += kChunk) {
    const std::size_t end = HWY_MIN(num_frames, chunk + kChunk);
    for (std::size_t f = 0; f < kHalf; f += kBlock) {
      float centres[kBlock];
      for (std::size_t i = 0; i < kBlock; ++i) centres[i] = bank.centre(f + i);
      for (std::size_t t = chunk; t < end; t += step) {
        FilterFrames(bank.packed() + f * 2 * kPairs, centres, phases + t, stride, out + f * out_stride + t,
                     out + (kHalf + f) * out_stride + t, out_stride);
      }
    }
  }
}

void AffineMaxPool3(const AffineFrames& frames, float* out, const PoolSums& totals) {
  const auto& [y, count, a, b] = frames;
  const D d;
  const std::size_t n = hn::Lanes(d);
  const V scale = hn::Set(d, a);
  const V shift = hn::Set(d, b);
  V sums = hn::Zero(d);
  V squares = hn::Zero(d);
  for (std::size_t p = 0; p < count; p += n) {
    V x, u, w;
    hn::LoadInterleaved3(d, y + 3 * p, x, u, w);
    x = hn::Abs(hn::MulAdd(scale, x, shift));
    u = hn::Abs(hn::MulAdd(scale, u, shift));
    w = hn::Abs(hn::MulAdd(scale, w, shift));
    V best = hn::Max(hn::Max(x, u), w);
    hn::StoreU(best, d, out + p);
    if (count - p < n) best = hn::IfThenElseZero(hn::FirstN(d, count - p), best);
    sums = hn::Add(sums, best);
    squares = hn::MulAdd(best, best, squares);
  }
  totals.sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sums)));
  totals.square += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, squares)));
}

void ToLanes(const LaneRows& rows, float* out, std::size_t out_step) {
  const auto& [in, in_step, num_lanes, count] = rows;
  std::size_t p = 0;
#if HWY_TARGET != HWY_SCALAR
  // Squares of four by four: two rounds of interleaving transpose them.
  const hn::FixedTag<float, 4> d;
  const hn::FixedTag<double, 2> pairs;
  if (num_lanes % 4 == 0) {
    for (; p + 4 <= count; p += 4) {
      for (std::size_t lane = 0; lane < num_lanes; lane += 4) {
        const float* from = in + lane * in_step + p;
        float* to = out + p * out_step + lane;
        const auto a = hn::LoadU(d, from);
        const auto b = hn::LoadU(d, from + in_step);
        const auto c = hn::LoadU(d, from + 2 * in_step);
        const auto e = hn::LoadU(d, from + 3 * in_step);
        const auto ab_low = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
        const auto ce_low = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
        const auto ab_high = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
        const auto ce_high = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
        hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab_low, ce_low)), d, to);
        hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab_low, ce_low)), d, to + out_step);
        hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab_high, ce_high)), d, to + 2 * out_step);
        hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab_high, ce_high)), d, to + 3 * out_step);
      }
    }
  }
#endif
  for (; p < count; ++p) {
    for (std::size_t lane = 0; lane < num_lanes; ++lane) out[p * out_step + lane] = in[lane * in_step + p];
  }
}

}  // namespace diar::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::nn {

HWY_EXPORT(SincConv);
HWY_EXPORT(AffineMaxPool3);
HWY_EXPORT(ToLanes);

SincBank::SincBank(std::span<const float> filters) {
  constexpr std::size_t kHalf = kSincFilters / 2;
  constexpr std::size_t kPairs = kSincTaps / 2;
  assert(filters.size() == kSincFilters * kSincTaps);
  float* packed = packed_.reserve(kSincFilters * kPairs);
  for (std::size_t f = 0; f < kSincFilters; ++f) {
    const float* filter = filters.data() + f * kSincTaps;
    const bool odd = f >= kHalf;
    const std::size_t within = f % kHalf;
    double sum = 0.0;
    for (std::size_t k = 0; k < kSincTaps; ++k) sum += static_cast<double>(filter[k]);
    sums_[f] = static_cast<float>(sum);
    if (!odd) centres_[f] = filter[kPairs];
    assert(!odd || filter[kPairs] == 0.0f);
    for (std::size_t k = 0; k < kPairs; ++k) {
      assert(filter[kSincTaps - 1 - k] == (odd ? -filter[k] : filter[k]));
      packed[(within / kBlock * kPairs + k) * 2 * kBlock + (odd ? kBlock : 0) + within % kBlock] = filter[k];
    }
  }
}

std::size_t phase_stride(std::size_t num_samples) {
  return (num_samples / kSincStride + 1 + kSincSlack + 15) / 16 * 16;
}

void split_phases(std::span<const float> samples, float offset, float* phases) {
  const std::size_t stride = phase_stride(samples.size());
  const std::size_t whole = samples.size() / kSincStride;
  for (std::size_t i = 0; i < whole; ++i) {
    for (std::size_t p = 0; p < kSincStride; ++p)
      phases[p * stride + i] = samples[i * kSincStride + p] - offset;
  }
  for (std::size_t p = 0; p < kSincStride; ++p) {
    const bool more = whole * kSincStride + p < samples.size();
    if (more) phases[p * stride + whole] = samples[whole * kSincStride + p] - offset;
    std::fill(phases + p * stride + whole + (more ? 1 : 0), phases + (p + 1) * stride, 0.0f);
  }
}

void sinc_conv(const SincBank& bank, const float* phases, std::size_t stride, std::size_t num_frames,
               float* out, std::size_t out_stride) {
  assert(out_stride % 16 == 0 && out_stride >= num_frames + kSincSlack);
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(SincConv)(bank, phases, stride, num_frames, out, out_stride);
}

void sinc_conv_reference(std::span<const float> filters, std::span<const float> samples,
                         std::size_t num_frames, float* out, std::size_t out_stride) {
  for (std::size_t f = 0; f < kSincFilters; ++f) {
    for (std::size_t t = 0; t < num_frames; ++t) {
      double sum = 0.0;
      for (std::size_t k = 0; k < kSincTaps; ++k) {
        sum += static_cast<double>(filters[f * kSincTaps + k]) *
               static_cast<double>(samples[t * kSincStride + k]);
      }
      out[f * out_stride + t] = static_cast<float>(sum);
    }
  }
}

void affine_max_pool3(const AffineFrames& frames, float* out, const PoolSums& sums) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(AffineMaxPool3)(frames, out, sums);
}

void affine_max_pool3_reference(const AffineFrames& frames, float* out, const PoolSums& sums) {
  const auto& [y, count, a, b] = frames;
  for (std::size_t p = 0; p < count; ++p) {
    out[p] = 0.0f;
    for (std::size_t i = 0; i < 3; ++i) out[p] = std::max(out[p], std::abs(a * y[3 * p + i] + b));
    sums.sum += static_cast<double>(out[p]);
    sums.square += static_cast<double>(out[p]) * static_cast<double>(out[p]);
  }
}

void to_lanes(const LaneRows& rows, float* out, std::size_t out_step) {
  choose_instruction_set();
  HWY_DYNAMIC_DISPATCH(ToLanes)(rows, out, out_step);
}

void to_lanes_reference(const LaneRows& rows, float* out, std::size_t out_step) {
  for (std::size_t r = 0; r < rows.num_rows; ++r) {
    for (std::size_t p = 0; p < rows.size; ++p) out[p * out_step + r] = rows.values[r * rows.step + p];
  }
}

}  // namespace diar::nn
#endif
