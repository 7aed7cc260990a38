#include "kernels/fma_peak.h"

#include <algorithm>
#include <cstddef>
#include <ctime>

#include "core/instruction_set.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/fma_peak.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diar::bench::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve chains hide the latency of every FMA unit known. Returns operations done.
double FmaChains(std::size_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const V x = hn::Set(d, 0.999f);
  const V y = hn::Set(d, 1e-3f);
  // Starts that the compiler cannot know to be equal, else it would compute one chain for all.
  V a = hn::Set(d, sink[0]), b = hn::Set(d, sink[1]), c = hn::Set(d, sink[2]), e = hn::Set(d, sink[3]);
  V f = hn::Set(d, sink[4]), g = hn::Set(d, sink[5]), h = hn::Set(d, sink[6]), i = hn::Set(d, sink[7]);
  V j = hn::Set(d, sink[8]), k = hn::Set(d, sink[9]), l = hn::Set(d, sink[10]), m = hn::Set(d, sink[11]);
  for (std::size_t round = 0; round < rounds; ++round) {
    a = hn::MulAdd(a, x, y), b = hn::MulAdd(b, x, y), c = hn::MulAdd(c, x, y), e = hn::MulAdd(e, x, y);
    f = hn::MulAdd(f, x, y), g = hn::MulAdd(g, x, y), h = hn::MulAdd(h, x, y), i = hn::MulAdd(i, x, y);
    j = hn::MulAdd(j, x, y), k = hn::MulAdd(k, x, y), l = hn::MulAdd(l, x, y), m = hn::MulAdd(m, x, y);
  }
  const V sum =
      hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)),
              hn::Add(hn::Add(hn::Add(f, g), hn::Add(h, i)), hn::Add(hn::Add(j, k), hn::Add(l, m))));
  *sink += hn::GetLane(hn::SumOfLanes(d, sum));
  return static_cast<double>(rounds) * 12.0 * 2.0 * static_cast<double>(hn::Lanes(d));
}

}  // namespace diar::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diar::bench {

HWY_EXPORT(FmaChains);

double measure_fma_peak(double seconds) {
  choose_instruction_set();
  const auto now = [] {
    timespec time = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  float sink[12] = {};
  double best = 0.0;
  for (const double end = now() + seconds; now() < end;) {
    const double start = now();
    const double operations = HWY_DYNAMIC_DISPATCH(FmaChains)(6000000, sink);
    best = std::max(best, operations / (now() - start));
  }
  return best;
}

}  // namespace diar::bench
#endif
