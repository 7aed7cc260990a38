#include "speed.h"

#include <diar/io/audio.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <variant>
#include <vector>

namespace diar::live_bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPiece = 1600;  // 0.1 s at a time
constexpr double kPoint_s = 0.01;

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0.0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Latency of each hundredth of a second: from its push to the moment at which labels reach it.
std::vector<double> stream_in_real_time(const Engine& engine, const std::vector<float>& samples,
                                        double seconds, double offset_s, const LiveOptions& options,
                                        std::size_t& num_dropped) {
  std::vector<double> latencies;
  auto session = LiveSession::open(engine, options);
  std::this_thread::sleep_for(std::chrono::duration<double>(offset_s));
  const auto start = Clock::now();
  double shown_s = 0.0;
  const auto num_pieces = static_cast<std::size_t>(seconds * 16000.0) / kPiece;
  for (std::size_t piece = 0; piece < num_pieces;) {
    const auto due = start + std::chrono::microseconds(100000 * (piece + 1));
    std::this_thread::sleep_until(std::min(due, Clock::now() + std::chrono::milliseconds(5)));
    if (Clock::now() >= due) {
      const std::size_t at = piece * kPiece % (samples.size() - kPiece);
      session.push(std::span(samples).subspan(at, kPiece));
      ++piece;
    }
    for (const LiveEvent& event : session.poll()) {
      const auto* progress = std::get_if<LiveProgress>(&event);
      if (progress == nullptr) continue;
      num_dropped = progress->num_dropped;
      const double now_s = std::chrono::duration<double>(Clock::now() - start).count();
      for (; shown_s < progress->shown_s; shown_s += kPoint_s) latencies.push_back(now_s - shown_s);
    }
  }
  return latencies;
}

}  // namespace

void measure_speed(const Engine& engine, const std::string& audio, LiveOptions options,
                   std::size_t num_streams, double seconds) {
  const auto samples = load_audio(audio).samples;
  std::vector<std::vector<double>> latencies(num_streams);
  std::vector<std::size_t> dropped(num_streams);
  std::vector<std::thread> threads;
  const std::clock_t cpu = std::clock();
  for (std::size_t i = 0; i < num_streams; ++i) {
    threads.emplace_back([&, i] {
      const double offset_s = static_cast<double>(i) / static_cast<double>(num_streams);
      latencies[i] = stream_in_real_time(engine, samples, seconds, offset_s, options, dropped[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double cpu_s = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  std::vector<double> all;
  std::size_t num_dropped = 0;
  for (std::size_t i = 0; i < num_streams; ++i) {
    all.insert(all.end(), latencies[i].begin(), latencies[i].end());
    num_dropped += dropped[i];
  }
  const double median_s = percentile(all, 0.5);
  const double late_s = percentile(all, 0.99);
  std::printf(
      "%zu streams, latency %.2f s asked: median %.3f s, 99th percentile %.3f s, %.1f %% of a core each, "
      "%zu provisional windows dropped\n",
      num_streams, options.latency_s, median_s, late_s,
      100.0 * cpu_s / seconds / static_cast<double>(num_streams), num_dropped);
}

}  // namespace diar::live_bench
