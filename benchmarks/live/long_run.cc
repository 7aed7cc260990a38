#include "long_run.h"

#include <diar/io/audio.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <variant>

namespace diar::live_bench {
namespace {

using Clock = std::chrono::steady_clock;

/// In MB; 0 where the system does not say.
double resident_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024.0;
  }
  return 0.0;
}

}  // namespace

void measure_long_run(const Engine& engine, const std::vector<std::string>& audio, const LiveOptions& options,
                      double hours) {
  std::vector<float> samples;
  for (const std::string& path : audio) {
    const std::vector<float> more = load_audio(path).samples;
    samples.insert(samples.end(), more.begin(), more.end());
  }
  // Whole windows' steps, so that a memory of the networks' results holds for the next round.
  samples.resize(std::max<std::size_t>(samples.size() / 16000, 1) * 16000);
  const auto total_s = static_cast<std::size_t>(hours * 3600.0);
  std::printf("%8s %8s %8s %8s %8s %8s %10s %8s\n", "hours", "wall, s", "RSS, MB", "turns", "speakers",
              "clust.", "clust., s", "dropped");
  auto session = LiveSession::open(engine, options);
  LiveTurns turns;
  LiveProgress progress;
  const auto start = Clock::now();
  const auto wall_s = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const auto take = [&] {
    for (const LiveEvent& event : session.poll()) {
      turns.apply(event);
      if (const auto* now = std::get_if<LiveProgress>(&event)) progress = *now;
    }
  };
  for (std::size_t second = 0; second < total_s; ++second) {
    session.push(std::span(samples).subspan(second * 16000 % samples.size(), 16000));
    take();
    if ((second + 1) % std::max<std::size_t>(total_s / 10, 1) != 0) continue;
    session.settle();
    take();
    std::printf("%8.2f %8.1f %8.1f %8zu %8zu %8zu %10.1f %8zu\n", static_cast<double>(second + 1) / 3600.0,
                wall_s(), resident_mb(), turns.turns().size(), progress.num_speakers,
                progress.num_clusterings, progress.clustering_s, progress.num_dropped);
    std::fflush(stdout);
  }
  const double before_s = wall_s();
  const DiarizationOutput output = session.finish();
  take();
  std::printf("finish took %.1f s: %zu windows, %zu turns, %zu speakers; RSS %.1f MB\n", wall_s() - before_s,
              output.num_windows, output.diarization.turns().size(), output.diarization.speakers().size(),
              resident_mb());
}

}  // namespace diar::live_bench
