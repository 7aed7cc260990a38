// The engine's CAM++ on features that are given: for comparisons with other implementations, and for its
// speed.
//   dump_campplus WEIGHTS FEATURES FRAMES OUT    float32 [sum of frames, 80] one input after the other, int32
//   frames of each -> float32 [inputs, D]; standard output: the seconds of processor time for each
#include <diar/errors.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <vector>

#include "models/layout.h"
#include "models/weight_file.h"
#include "networks/campplus/cpu.h"
#include "raw_file.h"

namespace {

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
  const auto features = diar::parity::read_raw<float>(argv[2]);
  const auto frames = diar::parity::read_raw<std::int32_t>(argv[3]);
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
  diar::parity::write_raw(argv[4], embeddings);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
