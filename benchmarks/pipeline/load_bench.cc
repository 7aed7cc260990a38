// How long whole models take to load once their files are in the page cache, directories taking turns.
//   load_bench MODEL_DIR... [--rounds 11] [--threads 0]
// The peak memory is that of the whole process, libraries included.
#include <diar/engine.h>
#include <diar/errors.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "core/stopwatch.h"

int main(int argc, char** argv) try {
  CLI::App app("Times the loading of whole models");
  std::vector<std::string> models;
  int rounds = 11;
  diar::EngineOptions options;
  options.device = diar::Device::kCpu;
  app.add_option("models", models, "Model directories")->required();
  app.add_option("--rounds", rounds, "How often each is loaded, after once for the page cache")
      ->check(CLI::Range(1, 10000));
  app.add_option("--threads", options.num_threads, "Threads; 0: as many as the machine has");
  CLI11_PARSE(app, argc, argv);

  std::vector<std::vector<double>> times_ms(models.size());
  for (int round = -1; round < rounds; ++round) {
    for (std::size_t i = 0; i < models.size(); ++i) {
      diar::Stopwatch watch;
      const auto engine = diar::Engine::load(models[i], options);
      const double elapsed_s = watch.lap_s();
      if (round >= 0) times_ms[i].push_back(1e3 * elapsed_s);
    }
  }
  std::printf("%10s %10s %10s  %s\n", "min ms", "median ms", "max ms", "model");
  for (std::size_t i = 0; i < models.size(); ++i) {
    std::vector<double>& times = times_ms[i];
    std::sort(times.begin(), times.end());
    std::printf("%10.1f %10.1f %10.1f  %s\n", times.front(), times[times.size() / 2], times.back(),
                models[i].c_str());
  }
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak resident memory %.0f MB\n", static_cast<double>(usage.ru_maxrss) * 1024e-6);
  return 0;
} catch (const diar::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.exit_code();
}
