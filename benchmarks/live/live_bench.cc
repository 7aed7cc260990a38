// Recordings with references in; how good live labels are as first shown and after revisions, beside the
// offline result, or how fast events come while several streams run in real time, out.
//   live_bench --model DIR --references DIR [--latency 0.5 --latency 1 ...] AUDIO...
//   live_bench --model DIR --streams N --seconds S [--latency L] AUDIO
// A recording's reference is DIR/STEM.rttm, with DIR/STEM.uem where that is there.
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>
#include <diar/io/uem.h>
#include <diar/live.h>
#include <diar/metrics.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "models/model_directory.h"
#include "network_memory.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPiece = 1600;  // 0.1 s at a time
constexpr double kPoint_s = 0.01;     // labels are looked at so finely

/// Labels at points in time, as turns.
class Recorder {
 public:
  void add(double time_s, const std::vector<std::string>& speakers) {
    for (const std::string& speaker : speakers) {
      auto& turns = turns_[speaker];
      if (!turns.empty() && time_s - turns.back().end_s < 0.5 * kPoint_s) {
        turns.back().end_s = time_s + kPoint_s;
      } else {
        turns.push_back({time_s, time_s + kPoint_s});
      }
    }
  }
  diar::Annotation annotation() const {
    std::vector<diar::Turn> turns;
    for (const auto& [speaker, segments] : turns_) {
      for (const diar::Segment& segment : segments) turns.push_back({segment, speaker});
    }
    return diar::Annotation("first", std::move(turns));
  }

 private:
  std::map<std::string, std::vector<diar::Segment>> turns_;
};

std::vector<std::string> speakers_at(const diar::LiveTurns& turns, double time_s) {
  std::vector<std::string> speakers;
  for (const auto& [id, turn] : turns.turns()) {
    const bool on = turn.segment.start_s <= time_s && time_s < turn.segment.end_s;
    if (on && std::find(speakers.begin(), speakers.end(), turn.speaker) == speakers.end())
      speakers.push_back(turn.speaker);
  }
  return speakers;
}

struct Result {
  diar::DiarizationErrorRate first, revised, offline;
  std::size_t revisions = 0;
  std::size_t clusterings = 0;
  std::size_t labels = 0;
  std::size_t speakers = 0;
  double duration_s = 0.0;
  double clustering_s = 0.0;

  Result& operator+=(const Result& other) {
    first += other.first;
    revised += other.revised;
    offline += other.offline;
    revisions += other.revisions;
    clusterings += other.clusterings;
    labels += other.labels;
    speakers += other.speakers;
    duration_s += other.duration_s;
    clustering_s += other.clustering_s;
    return *this;
  }
};

/// Every piece is shown before the next one comes, as on a machine that keeps up.
Result measure(const diar::Engine& engine, const std::vector<float>& samples,
               const diar::Annotation& reference, const diar::ScoringOptions& scoring,
               const diar::LiveOptions& options, const std::string& first_rttm) {
  Result result;
  auto session = diar::LiveSession::open(engine, options);
  diar::LiveTurns turns;
  Recorder first;
  double seen_s = 0.0;
  const auto look_until = [&](double until_s) {
    for (; seen_s < until_s; seen_s += kPoint_s) first.add(seen_s, speakers_at(turns, seen_s));
  };
  for (std::size_t pushed = 0; pushed < samples.size();) {
    const std::size_t count = std::min(kPiece, samples.size() - pushed);
    session.push(std::span(samples).subspan(pushed, count));
    session.settle();
    pushed += count;
    for (const diar::LiveEvent& event : session.poll()) {
      turns.apply(event);
      result.revisions += std::holds_alternative<diar::TurnRevised>(event) ? 1 : 0;
      if (const auto* progress = std::get_if<diar::LiveProgress>(&event)) {
        result.clusterings = progress->num_clusterings;
        result.clustering_s = progress->clustering_s;
      }
    }
    look_until(static_cast<double>(pushed) / 16000.0 - options.latency_s);
  }
  result.duration_s = static_cast<double>(samples.size()) / 16000.0;
  look_until(result.duration_s);
  const diar::Annotation revised = turns.annotation("revised");
  const diar::DiarizationOutput offline = session.finish();
  if (!first_rttm.empty()) std::ofstream(first_rttm) << diar::to_rttm(first.annotation());
  result.first = diar::diarization_error_rate(reference, first.annotation(), scoring);
  result.revised = diar::diarization_error_rate(reference, revised, scoring);
  result.offline = diar::diarization_error_rate(reference, offline.diarization, scoring);
  result.labels = revised.speakers().size();
  result.speakers = reference.speakers().size();
  return result;
}

void print(const std::string& name, const Result& r) {
  const double minutes = r.duration_s / 60.0;
  std::printf("%-24s %6.2f %6.2f %6.2f   %5.2f %5.2f %5.2f  %6.1f  %4zu %4zu %6zu %6.2f %%\n", name.c_str(),
              100 * r.first.rate(), 100 * r.revised.rate(), 100 * r.offline.rate(),
              100 * r.first.missed_detection_s / r.first.total_s,
              100 * r.first.false_alarm_s / r.first.total_s, 100 * r.first.confusion_s / r.first.total_s,
              static_cast<double>(r.revisions) / minutes, r.labels, r.speakers, r.clusterings,
              100 * r.clustering_s / r.duration_s);
  std::fflush(stdout);
}

void measure_quality(const diar::Engine& engine, const std::vector<std::string>& audio,
                     const std::string& references, diar::LiveOptions options,
                     const std::vector<double>& latencies, double from_s, const std::string& write,
                     bool quiet) {
  std::printf("%-24s %6s %6s %6s   %5s %5s %5s  %6s  %4s %4s %6s %8s\n", "DER, %", "first", "revis.", "offl.",
              "miss", "false", "conf.", "rev/mi", "lab.", "spk.", "clust.", "of core");
  for (const double latency_s : latencies) {
    Result total;
    options.latency_s = latency_s;
    for (const std::string& path : audio) {
      const std::filesystem::path base =
          std::filesystem::path(references) / std::filesystem::path(path).stem();
      const auto reference = diar::read_rttm_file(base.string() + ".rttm").at(0);
      diar::ScoringOptions scoring;
      if (std::filesystem::exists(base.string() + ".uem"))
        scoring.uem = diar::read_uem_file(base.string() + ".uem").begin()->second;
      if (from_s > 0.0) scoring.uem = {{from_s, 1e6}};
      const Result result = measure(engine, diar::load_audio(path).samples, reference, scoring, options,
                                    write.empty() ? write : write + "/" + base.filename().string() + ".rttm");
      total += result;
      if (!quiet) print(base.filename().string(), result);
    }
    char name[32];
    std::snprintf(name, sizeof(name), "all at %.2f s", latency_s);
    print(name, total);
  }
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0.0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Latency of each hundredth of a second: from its push to the moment at which labels reach it.
std::vector<double> stream_in_real_time(const diar::Engine& engine, const std::vector<float>& samples,
                                        double seconds, double offset_s, const diar::LiveOptions& options,
                                        std::size_t& num_dropped) {
  std::vector<double> latencies;
  auto session = diar::LiveSession::open(engine, options);
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
    for (const diar::LiveEvent& event : session.poll()) {
      const auto* progress = std::get_if<diar::LiveProgress>(&event);
      if (progress == nullptr) continue;
      num_dropped = progress->num_dropped;
      const double now_s = std::chrono::duration<double>(Clock::now() - start).count();
      for (; shown_s < progress->shown_s; shown_s += kPoint_s) latencies.push_back(now_s - shown_s);
    }
  }
  return latencies;
}

void measure_speed(const diar::Engine& engine, const std::string& audio, diar::LiveOptions options,
                   std::size_t num_streams, double seconds) {
  const auto samples = diar::load_audio(audio).samples;
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

/// The model with a memory; its numbers go into the options.
diar::Engine remembering_engine(const std::string& model, const std::string& file,
                                const diar::EngineOptions& engine_options, diar::SessionOptions& options) {
  const auto memory = std::make_shared<NetworkMemory>(file);
  const diar::ModelConfig config = diar::read_model_directory(model).config;
  options.parameters = config.parameters_of(options.speed);
  return diar::Engine::assemble(
      std::make_shared<RememberingSegmentation>(diar::load_segmentation_network(model, engine_options),
                                                memory),
      std::make_shared<RememberingEncoder>(diar::load_speaker_encoder(model, engine_options), memory),
      diar::load_plda_scoring(model), engine_options);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Live labels: quality and latency.");
  std::string model, references, memory, write;
  std::vector<std::string> audio;
  std::vector<double> latencies;
  std::size_t num_streams = 0;
  double seconds = 60.0;
  double from_s = 0.0;
  int threads = 0;
  bool quiet = false;
  std::string speed = "exact";
  app.add_option("--model", model)->required();
  app.add_option("--references", references, "directory of RTTM files");
  app.add_option("--latency", latencies, "seconds, several times")->allow_extra_args(false);
  app.add_option("--streams", num_streams, "run so many in real time");
  app.add_option("--seconds", seconds, "of each stream");
  app.add_option("--threads", threads);
  app.add_option("--speed", speed);
  app.add_option("--memory", memory, "file in which the networks' results are kept for the next run");
  app.add_option("--write", write, "directory for RTTM files of the labels as first shown");
  app.add_option("--from", from_s, "score from this second on");
  app.add_flag("--quiet", quiet, "totals only");
  app.add_option("AUDIO", audio)->required();
  CLI11_PARSE(app, argc, argv);
  if (latencies.empty()) latencies = {0.5, 1.0, 2.0, 5.0};
  diar::LiveOptions options;
  options.session.speed = diar::parse_speed(speed);
  diar::EngineOptions engine_options = diar::EngineOptions::for_speed(options.session.speed);
  engine_options.num_threads = threads;
  const diar::Engine engine = memory.empty()
                                  ? diar::Engine::load(model, engine_options)
                                  : remembering_engine(model, memory, engine_options, options.session);
  if (num_streams == 0) {
    measure_quality(engine, audio, references, options, latencies, from_s, write, quiet);
    return 0;
  }
  for (const double latency_s : latencies) {
    options.latency_s = latency_s;
    measure_speed(engine, audio.at(0), options, num_streams, seconds);
  }
  return 0;
} catch (const diar::Error& error) {
  std::fprintf(stderr, "live_bench: %s\n", error.what());
  return error.exit_code();
}
