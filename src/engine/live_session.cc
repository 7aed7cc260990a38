#include "diar/live.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/stopwatch.h"
#include "diar/errors.h"
#include "diar/resampler.h"
#include "engine/conclude.h"
#include "engine/engine_impl.h"
#include "session/live_core.h"
#include "session/session_core.h"

namespace diar {
namespace {

// 16-bit samples are converted so many at a time.
constexpr std::size_t kBlockSamples = 16384;

LivePlan live_plan(const LiveOptions& options) {
  if (!(options.latency_s >= 0.25 && options.latency_s <= 5.0))
    throw InvalidArgument("the latency of a live session lies between 0.25 and 5 seconds");
  LivePlan plan;
  plan.latency_s = options.latency_s;
  plan.bounded_memory = options.bounded_memory;
  return plan;
}

}  // namespace

struct LiveSession::Impl {
  Impl(const Engine& from, const LiveOptions& options)
      : engine(from),
        plan(engine.impl().plan(options.session)),
        resampler(options.sample_rate_hz),
        live(engine.impl().segmentation, engine.impl().encoder, engine.impl().scoring, plan,
             live_plan(options)),
        core(engine.impl().segmentation, engine.impl().encoder, engine.impl().executor, plan, &live),
        bounded_memory(options.bounded_memory) {}

  const Engine engine;
  const RunPlan plan;
  Resampler resampler;
  std::vector<float> resampled;
  Stopwatch total;
  LiveCore live;
  SessionCore core;  // after `live`: waits for the step that calls it
  bool bounded_memory = false;
};

LiveSession::LiveSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveSession::LiveSession(LiveSession&&) noexcept = default;
LiveSession& LiveSession::operator=(LiveSession&&) noexcept = default;
LiveSession::~LiveSession() = default;

LiveSession LiveSession::open(const Engine& engine, const LiveOptions& options) {
  return LiveSession(std::make_unique<Impl>(engine, options));
}

LiveSession::Impl& LiveSession::impl() const {
  if (!impl_) throw InvalidArgument("this session was moved from");
  return *impl_;
}

void LiveSession::push(std::span<const float> samples) {
  Impl& own = impl();
  if (own.resampler.sample_rate_hz() == kModelSampleRateHz) return own.core.push(samples);
  // Before the resampler, in which a NaN would stay.
  check_finite(samples);
  own.core.push({});
  own.resampled.clear();
  own.resampler.process(samples, own.resampled);
  own.core.push(own.resampled);
}

void LiveSession::push(std::span<const std::int16_t> samples) {
  std::vector<float> block;
  while (!samples.empty()) {
    const auto part = samples.first(std::min(samples.size(), kBlockSamples));
    block.resize(part.size());
    std::transform(part.begin(), part.end(), block.begin(),
                   [](std::int16_t sample) { return static_cast<float>(sample) / 32768.0f; });
    push(std::span<const float>(block));
    samples = samples.subspan(part.size());
  }
}

std::vector<LiveEvent> LiveSession::poll() {
  std::vector<LiveEvent> events;
  impl().live.collect(impl().core.status(), events);
  return events;
}

SessionStatus LiveSession::status() const {
  return impl().core.status();
}

void LiveSession::settle() {
  Impl& own = impl();
  own.core.settle();
  own.live.wait_for_clustering();
  own.core.settle();
}

DiarizationOutput LiveSession::finish(const ProgressCallback& on_progress) {
  Impl& own = impl();
  own.resampled.clear();
  own.resampler.finish(own.resampled);
  if (!own.resampled.empty()) own.core.push(own.resampled);
  NetworkOutput networks = own.core.finish(on_progress);
  own.live.stop();
  if (own.bounded_memory) {
    DiarizationOutput output = own.live.conclude_shown(networks.duration_s);
    output.timings = networks.timings;
    output.timings.total_s = own.total.lap_s();
    return output;
  }
  DiarizationOutput output = conclude(networks, *own.engine.impl().scoring, own.plan, on_progress);
  output.timings.total_s = own.total.lap_s();
  own.live.conclude(output);
  return output;
}

void LiveSession::cancel() noexcept {
  if (impl_) impl_->core.cancel();
}

}  // namespace diar
