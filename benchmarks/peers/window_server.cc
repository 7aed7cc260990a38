// Runs one network on one thread whenever its standard input says so and answers with CPU seconds, so that a
// script can take turns between this engine and others.
//   window_server MODEL_DIR FEATURES SAMPLES OUT_PREFIX
// FEATURES: float32 [998, 80], mean removed. SAMPLES: float32, a whole number of seconds, at least 10.
// Commands, one a line: "embed" (one window), "segment" (every window of SAMPLES, 1 s apart), "segment N"
// (the first N of them). The results lie in OUT_PREFIX.embed and OUT_PREFIX.segment as float32.
#include <diar/errors.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "models/model_directory.h"
#include "networks/pyannet/network.h"
#include "networks/resnet34/network.h"

namespace {

constexpr std::size_t kWindow = 160000;
constexpr std::size_t kStep = 16000;

std::vector<float> read_floats(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw diar::InvalidArgument(std::string("cannot read ") + path);
  std::vector<float> values(static_cast<std::size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

void write_floats(const std::string& path, const std::vector<float>& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(float)));
}

double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::fprintf(stderr, "usage: window_server MODEL_DIR FEATURES SAMPLES OUT_PREFIX\n");
    return 2;
  }
  const auto executor = std::make_shared<const diar::Executor>(1);
  const diar::ModelDirectory model = diar::read_model_directory(argv[1]);
  const auto embedding = diar::cpu::make_resnet34(*model.embedding, executor);
  const auto segmentation = diar::cpu::make_pyannet(*model.segmentation, executor);
  const auto features = read_floats(argv[2]);
  const auto samples = read_floats(argv[3]);
  const std::vector<float> mask(589, 1.0f);
  std::vector<float> embedded(embedding->dimension());
  const std::size_t num_windows = (samples.size() - kWindow) / kStep + 1;
  std::vector<float> log_probs(num_windows * segmentation->num_frames(kWindow) *
                               segmentation->spec().classes.size());
  std::printf("ready %zu\n", num_windows);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const double start = cpu_seconds();
    if (line == "embed") {
      embedding->run({features, mask, 1, features.size() / 80, 1, mask.size()}, embedded);
    } else {
      const std::size_t count = line == "segment" ? num_windows : std::stoul(line.substr(8));
      log_probs.resize(count * segmentation->num_frames(kWindow) * segmentation->spec().classes.size());
      segmentation->run({samples, count, kWindow, kStep}, log_probs);
    }
    std::printf("%.9f\n", cpu_seconds() - start);
    std::fflush(stdout);
    const bool embeds = line == "embed";
    write_floats(std::string(argv[4]) + (embeds ? ".embed" : ".segment"), embeds ? embedded : log_probs);
  }
  return 0;
} catch (const diar::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return error.exit_code();
}
