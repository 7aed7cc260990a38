#include "equality.h"

#include <diar/io/audio.h>

#include <cstdio>
#include <filesystem>

#include "live/pieces.h"

namespace diar::live_bench {

bool measure_equality(const Engine& engine, const Engine& live_engine, const std::vector<std::string>& audio,
                      const SessionOptions& session, std::uint32_t count) {
  constexpr double kLatencies[] = {0.25, 0.5, 1.0, 2.0, 5.0};
  bool all_equal = true;
  std::printf("%-40s %8s %7s %9s %9s %9s\n", "in random pieces", "seconds", "streams", "results", "replays",
              "events");
  for (const std::string& path : audio) {
    const std::vector<float> samples = load_audio(path).samples;
    LiveOptions options;
    options.session = session;
    const std::string expected = engine_test::text_of(engine.diarize({samples, 16000}, session));
    std::size_t equal_results = 0, equal_replays = 0, num_events = 0;
    for (std::uint32_t seed = 0; seed < count; ++seed) {
      options.latency_s = kLatencies[seed % std::size(kLatencies)];
      const auto stream = live_test::run_in_pieces<float>(live_engine, samples, seed, options);
      equal_results += stream.result == expected && stream.final.equals_offline ? 1 : 0;
      equal_replays += stream.replayed == stream.offline ? 1 : 0;
      num_events += stream.num_events;
    }
    const std::filesystem::path name = path;
    std::printf("%-40s %8.1f %7u %5zu equal %5zu equal %9zu\n",
                (name.parent_path().filename() / name.filename()).string().c_str(),
                static_cast<double>(samples.size()) / 16000.0, count, equal_results, equal_replays,
                num_events);
    std::fflush(stdout);
    all_equal = all_equal && equal_results == count && equal_replays == count;
  }
  return all_equal;
}

}  // namespace diar::live_bench
