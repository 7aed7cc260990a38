#include "engine/conclude.h"

#include <chrono>

#include "diar/errors.h"
#include "session/diarization.h"

namespace diar {
namespace {

constexpr std::chrono::milliseconds kReportInterval{50};

/// Clustering has no steps to count, but the caller hears of it, and may stop it.
Pulse clustering_pulse(const NetworkOutput& networks, const ProgressCallback& on_progress) {
  if (!on_progress) return {};
  const std::size_t windows = networks.activity.grid.num_windows;
  auto last = std::chrono::steady_clock::time_point();
  return [&on_progress, windows, last]() mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < kReportInterval) return;
    last = now;
    if (!on_progress({"clustering", windows, windows})) throw Cancelled();
  };
}

}  // namespace

DiarizationOutput conclude(const NetworkOutput& networks, const SpeakerScoring& scoring, RunPlan plan,
                           const ProgressCallback& on_progress) {
  plan.pulse = clustering_pulse(networks, on_progress);
  beat(plan.pulse);
  return assign_and_reconstruct(networks, scoring, plan);
}

}  // namespace diar
