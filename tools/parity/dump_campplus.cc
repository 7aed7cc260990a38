// The engine's CAM++ on features that are given: for comparisons with other implementations, and for its
// speed.
//   dump_campplus WEIGHTS FEATURES FRAMES OUT    float32 [sum of frames, 80] one input after the other, int32
//   frames of each -> float32 [inputs, D]; standard output: the seconds of processor time for each
#include <diar/errors.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iostream>
#include <vector>

#include "models/layout.h"
#include "models/weight_file.h"
#include "networks/campplus/cpu.h"

namespace {

template <class T>
std::vector<T> values_of(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw diar::InputError(std::string("cannot open '") + path + "'");
  std::vector<T> values(static_cast<std::size_t>(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

double processor_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::cerr << "usage: dump_campplus WEIGHTS FEATURES FRAMES OUT\n";
    return 2;
  }
  const auto weights =
      diar::recognise_network(diar::read_weight_file(argv[1]), diar::Network::kEmbedding).weights;
  const diar::cpu::Campplus network(diar::read_campplus_weights(weights));
  const auto features = values_of<float>(argv[2]);
  const auto frames = values_of<std::int32_t>(argv[3]);
  std::vector<float> embeddings(frames.size() * network.dimension());
  diar::cpu::CampplusScratch scratch;
  std::size_t first = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::size_t size = static_cast<std::size_t>(frames[i]) * diar::kCampplusMels;
    if (first + size > features.size()) throw diar::InputError("more frames than features");
    const double start = processor_seconds();
    network.embed(std::span(features).subspan(first, size), scratch,
                  std::span(embeddings).subspan(i * network.dimension(), network.dimension()));
    std::cout << processor_seconds() - start << '\n';
    first += size;
  }
  std::ofstream out(argv[4], std::ios::binary);
  out.write(reinterpret_cast<const char*>(embeddings.data()),
            static_cast<std::streamsize>(embeddings.size() * sizeof(float)));
  if (!out.flush()) throw diar::OutputError(std::string("cannot write '") + argv[4] + "'");
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
