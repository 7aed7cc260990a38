// Measures live sessions: the quality of labels as first shown and after revisions, compared with the offline
// run; the latency of several streams in real time; whether final results are equal; the cost of hours.
//   live_bench --model DIR --references DIR [--latency 0.5 --latency 1 ...] AUDIO...
//   live_bench --model DIR --streams N --seconds S [--latency L] AUDIO
//   live_bench --model DIR --pieces 50 AUDIO...
//   live_bench --model DIR --hours 4 [--bounded-memory] [AUDIO...]
//   live_bench --model DIR --export DIR AUDIO...
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/live.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "equality.h"
#include "export_windows.h"
#include "live/network_memory.h"
#include "long_run.h"
#include "models/model_directory.h"
#include "quality.h"
#include "speed.h"

namespace {

/// The model with a memory; its numbers go into the options.
diar::Engine remembering(const std::string& model, const std::string& file,
                         const diar::EngineOptions& engine_options, diar::SessionOptions& options) {
  const diar::ModelConfig config = diar::read_model_directory(model).config;
  options.parameters = config.parameters_of(options.speed);
  return diar::live_test::remembering_engine(
      diar::load_segmentation_network(model, engine_options),
      diar::load_speaker_encoder(model, engine_options), diar::load_plda_scoring(model),
      std::make_shared<diar::live_test::NetworkMemory>(file), engine_options);
}

struct Arguments {
  std::string model, memory, export_to;
  std::vector<std::string> audio;
  std::size_t num_streams = 0;
  std::uint32_t num_pieces = 0;
  double seconds = 60.0;
  double hours = 0.0;
  int threads = 0;
  std::string speed = "exact";
  diar::LiveOptions live;
  diar::live_bench::QualityPlan quality;
};

int run(Arguments& arguments) {
  using namespace diar::live_bench;
  diar::SessionOptions& session = arguments.live.session;
  session.speed = diar::parse_speed(arguments.speed);
  diar::EngineOptions engine_options = diar::EngineOptions::for_speed(session.speed);
  engine_options.num_threads = arguments.threads;
  const diar::Engine plain = diar::Engine::load(arguments.model, engine_options);
  const diar::Engine engine = arguments.memory.empty()
                                  ? plain
                                  : remembering(arguments.model, arguments.memory, engine_options, session);
  if (arguments.num_pieces > 0)
    return measure_equality(plain, engine, arguments.audio, session, arguments.num_pieces) ? 0 : 1;
  if (!arguments.export_to.empty()) {
    export_windows(arguments.model, engine_options, arguments.memory, arguments.audio, arguments.export_to);
    return 0;
  }
  std::vector<double>& latencies = arguments.quality.latencies;
  if (arguments.hours > 0.0) {
    if (!latencies.empty()) arguments.live.latency_s = latencies[0];
    measure_long_run(engine, arguments.audio, arguments.live, arguments.hours);
    return 0;
  }
  if (latencies.empty()) latencies = {0.5, 1.0, 2.0, 5.0};
  if (arguments.num_streams == 0) {
    arguments.quality.session = session;
    measure_quality(engine, arguments.audio, arguments.quality);
    return 0;
  }
  for (const double latency_s : latencies) {
    arguments.live.latency_s = latency_s;
    measure_speed(engine, arguments.audio.at(0), arguments.live, arguments.num_streams, arguments.seconds);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Live labels: quality, latency, equality, cost.");
  Arguments arguments;
  app.add_option("--model", arguments.model)->required();
  app.add_option("--references", arguments.quality.references, "directory of RTTM files");
  app.add_option("--latency", arguments.quality.latencies, "seconds, several times")->allow_extra_args(false);
  app.add_option("--streams", arguments.num_streams, "run so many in real time");
  app.add_option("--seconds", arguments.seconds, "of each stream");
  app.add_option("--pieces", arguments.num_pieces, "streams of random pieces for each recording");
  app.add_option("--hours", arguments.hours, "one stream so long");
  app.add_flag("--bounded-memory", arguments.live.bounded_memory);
  app.add_option("--export", arguments.export_to, "directory for what the networks say, each half second");
  app.add_option("--threads", arguments.threads);
  app.add_option("--speed", arguments.speed);
  app.add_option("--memory", arguments.memory, "file that keeps the networks' results for the next run");
  app.add_option("--write", arguments.quality.write, "directory for RTTM files of the labels as first shown");
  app.add_option("--from", arguments.quality.from_s, "score from this second on");
  app.add_flag("--quiet", arguments.quality.quiet, "totals only");
  app.add_option("AUDIO", arguments.audio);
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
} catch (const diar::Error& error) {
  std::fprintf(stderr, "live_bench: %s\n", error.what());
  return error.exit_code();
}
