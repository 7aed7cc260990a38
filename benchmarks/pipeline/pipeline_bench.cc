// The whole pipeline on recordings of a chosen length: real-time factor, CPU seconds, peak memory, time of
// each stage.
//   pipeline_bench MODEL_DIR AUDIO [--minutes 10,60] [--threads 1,2] [--device cpu] [--speed
//   exact,fast,faster]
// `saves` is the CPU time of the first of the speeds over that of each, from loading the model on.
// Longer recordings are the given one again and again, each time with other noise and level, so that no two
// windows are equal.
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace {

class RepeatedSource : public diar::AudioSource {
 public:
  RepeatedSource(const std::vector<float>& samples, std::size_t num_samples)
      : samples_(samples), remaining_(num_samples) {}

  std::size_t read(std::span<float> out) override {
    const std::size_t count = std::min(out.size(), remaining_);
    for (std::size_t i = 0; i < count; ++i) {
      if (position_ == samples_.size()) {
        position_ = 0;
        gain_ = 0.6f + 0.4f * random_unit();
      }
      out[i] = gain_ * samples_[position_++] + 1e-3f * (random_unit() - 0.5f);
    }
    remaining_ -= count;
    return count;
  }

 private:
  float random_unit() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(state_ >> 40) / 16777216.0f;
  }

  const std::vector<float>& samples_;
  std::size_t remaining_;
  std::size_t position_ = 0;
  float gain_ = 1.0f;
  std::uint64_t state_ = 1;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double cpu_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_megabytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<double>(usage.ru_maxrss) / 1e6;
#else
  return static_cast<double>(usage.ru_maxrss) / 1e3;
#endif
}

void run_one(const std::string& model, const std::vector<float>& samples, double minutes, diar::Device device,
             int num_threads, diar::Speed speed) {
  diar::EngineOptions engine_options = diar::EngineOptions::for_speed(speed);
  engine_options.device = device;
  engine_options.num_threads = num_threads;
  const auto engine = diar::Engine::load(model, engine_options);
  RepeatedSource source(samples, static_cast<std::size_t>(minutes * 60.0 * diar::kModelSampleRateHz));
  const double cpu_before_s = cpu_seconds();
  diar::SessionOptions options;
  options.speed = speed;
  const auto output = engine.diarize(source, options);
  const diar::StageTimings& t = output.timings;
  const double others_s = t.total_s - t.segmentation_s - t.embedding_s;
  std::printf("%8.0f %-28s %-6s %8.2f %8.1f %8.2f %8.0f %8.2f %8.2f %8.2f %8.2f %6.1f %4zu", minutes,
              engine.device_name().c_str(), std::string(to_string(speed)).c_str(), t.total_s,
              output.duration_s / t.total_s, cpu_seconds() - cpu_before_s, peak_megabytes(), t.segmentation_s,
              t.embedding_s, t.clustering_s, t.reconstruction_s, 100.0 * others_s / t.total_s,
              output.diarization.speakers().size());
  std::fflush(stdout);
}

// In a process of its own, which has its own peak memory. Returns its CPU seconds; negative on failure.
double run_apart(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      work();
      _exit(0);
    } catch (const diar::Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      _exit(error.exit_code());
    }
  }
  int status = 0;
  rusage usage = {};
  wait4(child, &status, 0, &usage);
  return status == 0 ? seconds(usage.ru_utime) + seconds(usage.ru_stime) : -1.0;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Times the whole pipeline");
  std::string model;
  std::string audio;
  std::string device = "cpu";
  std::vector<double> minutes = {10};
  std::vector<std::string> speeds = {"exact"};
  std::vector<int> threads = {1, 0};
  app.add_option("model", model, "Model directory")->required();
  app.add_option("audio", audio, "Recording to repeat")->required();
  app.add_option("--minutes", minutes, "Lengths to run")->delimiter(',');
  app.add_option("--threads", threads, "Thread counts to run; 0 is all cores")->delimiter(',');
  app.add_option("--device", device, "cpu or mlx")->check(CLI::IsMember({"cpu", "mlx"}));
  app.add_option("--speed", speeds, "Speeds to run")
      ->delimiter(',')
      ->check(CLI::IsMember({"exact", "fast", "faster"}));
  CLI11_PARSE(app, argc, argv);
  const diar::Waveform waveform = diar::load_audio(audio);
  std::printf("%8s %-28s %-6s %8s %8s %8s %8s %8s %8s %8s %8s %8s %6s %4s %6s\n", "minutes", "device",
              "speed", "wall s", "x real", "cpu s", "peak MB", "segment", "embed", "cluster", "rebuild",
              "rest%", "spk", "saves");
  std::fflush(stdout);
  for (const double length : minutes) {
    for (const int count : threads) {
      double first_s = 0.0;
      for (const std::string& speed : speeds) {
        const double cpu_s = run_apart([&] {
          run_one(model, waveform.samples, length, device == "mlx" ? diar::Device::kMlx : diar::Device::kCpu,
                  count, diar::parse_speed(speed));
        });
        if (cpu_s < 0.0) return 1;
        if (first_s == 0.0) first_s = cpu_s;
        std::printf(" %6.2f\n", first_s / cpu_s);
        std::fflush(stdout);
      }
    }
  }
  return 0;
} catch (const diar::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.exit_code();
}
