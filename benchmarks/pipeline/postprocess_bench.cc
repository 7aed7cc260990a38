// Everything after the networks on made-up conversations of many hours: time and peak memory of counting,
// clustering and reconstruction. The networks would take most of a day for these lengths; they cost the same
// for every window.
//   postprocess_bench MODEL_DIR [--hours 1,4,10] [--speakers 6] [--noise 0.35]
#include <diar/engine.h>
#include <diar/errors.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "assign/scoring.h"
#include "core/stopwatch.h"
#include "engine/load.h"
#include "models/model_directory.h"
#include "session/diarization.h"
#include "session/speaker_count.h"

namespace {

struct Recording {
  diar::Activity activity;
  diar::Embeddings embeddings;
};

// Turns of 1 to 8 s with 1 frame in 12 overlapped; every window sees its speakers in random local order.
Recording make_recording(double hours, int num_speakers, double noise, std::size_t dimension) {
  constexpr std::size_t kFrames = 589;
  std::mt19937 random(11);
  Recording made;
  made.activity.grid = {10.0, 1.0, static_cast<std::size_t>(hours * 3600.0) - 9, kFrames};
  const std::size_t num_frames = made.activity.grid.num_frames();
  std::vector<int> talks(num_frames + 1000, -1);
  std::vector<int> also(num_frames + 1000, -1);
  for (std::size_t frame = 0; frame < num_frames;) {
    const int speaker = static_cast<int>(random() % static_cast<unsigned>(num_speakers));
    const std::size_t end = std::min<std::size_t>(frame + 60 + random() % 420, num_frames);
    const int other = static_cast<int>(random() % static_cast<unsigned>(num_speakers));
    for (std::size_t i = frame; i < end; ++i) {
      talks[i] = speaker;
      if (i + 20 > end && other != speaker) also[i] = other;
    }
    frame = end + random() % 40;
  }
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> voices(static_cast<std::size_t>(num_speakers),
                                         std::vector<float>(dimension));
  for (auto& voice : voices) {
    for (float& value : voice) value = normal(random);
  }
  made.activity.bits.assign(made.activity.grid.num_windows * kFrames, 0);
  made.embeddings.dimension = dimension;
  made.embeddings.row_of.assign(made.activity.grid.num_windows * 3, -1);
  for (std::size_t window = 0; window < made.activity.grid.num_windows; ++window) {
    int local[3] = {-1, -1, -1};
    const auto slot = [&](int speaker) {
      for (int s = 0; s < 3; ++s) {
        if (local[s] == speaker) return s;
        if (local[s] < 0) return local[s] = speaker, s;
      }
      return -1;
    };
    const std::size_t first = made.activity.grid.first_frame(window);
    for (std::size_t frame = 0; frame < kFrames; ++frame) {
      for (const int speaker : {talks[first + frame], also[first + frame]}) {
        const int s = speaker < 0 ? -1 : slot(speaker);
        if (s >= 0) made.activity.bits[window * kFrames + frame] |= static_cast<std::uint8_t>(1 << s);
      }
    }
    for (std::size_t s = 0; s < 3 && local[s] >= 0; ++s) {
      made.embeddings.row_of[window * 3 + s] = static_cast<std::int32_t>(made.embeddings.num_rows());
      for (const float value : voices[static_cast<std::size_t>(local[s])])
        made.embeddings.values.push_back(value + static_cast<float>(noise) * normal(random));
    }
  }
  return made;
}

void run_one(const std::string& model, double hours, int speakers, double noise) {
  const auto directory = diar::read_model_directory(model);
  constexpr std::size_t kDimension = 256;
  const auto scoring = diar::make_plda_scoring(diar::plda_parameters(*directory.plda, kDimension));
  diar::RunPlan plan;
  const diar::PipelineParameters parameters = directory.config.parameters_of(diar::Speed::kExact);
  plan.threshold = *parameters.threshold;
  plan.fa = *parameters.fa;
  plan.fb = *parameters.fb;
  plan.min_duration_off_s = *parameters.min_duration_off_s;
  const Recording recording = make_recording(hours, speakers, noise, kDimension);
  const auto cpu_seconds = [] {
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  const double before = cpu_seconds();
  const auto count = diar::count_speakers(recording.activity);
  const auto output =
      diar::assign_and_reconstruct(recording.activity, recording.embeddings, count, *scoring, plan);
  const double cpu = cpu_seconds() - before;
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%6.1f %10zu %9.2f %9.2f %9.2f %11.4f %8.0f %5zu\n", hours, recording.embeddings.num_rows(),
              cpu, output.timings.clustering_s, output.timings.reconstruction_s,
              100.0 * cpu / (hours * 3600.0), static_cast<double>(usage.ru_maxrss) / 1e3,
              output.diarization.speakers().size());
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Times everything behind the networks");
  std::string model;
  std::vector<double> hours = {1, 4, 10};
  int speakers = 6;
  double noise = 0.35;
  app.add_option("model", model, "Model directory, for its PLDA")->required();
  app.add_option("--hours", hours, "Lengths to run")->delimiter(',');
  app.add_option("--speakers", speakers, "Voices in the conversation");
  app.add_option("--noise", noise, "Spread of a voice's embeddings; voices themselves have spread 1");
  CLI11_PARSE(app, argc, argv);
  std::printf("%6s %10s %9s %9s %9s %11s %8s %5s\n", "hours", "embeddings", "CPU s", "cluster s", "rebuild s",
              "% of audio", "peak MB", "spk");
  std::fflush(stdout);
  for (const double length : hours) {
    // A process for each run, so that each has its own peak memory.
    const pid_t child = fork();
    if (child == 0) {
      run_one(model, length, speakers, noise);
      std::fflush(stdout);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  return 0;
} catch (const diar::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.exit_code();
}
