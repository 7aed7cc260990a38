// The engine's embeddings of windows whose samples and masks are given: for comparisons with other
// implementations (training/evaluate_embedding.py).
//   dump_embeddings MODEL_DIR SAMPLES MASKS OUT      float32 [windows, 160000], [windows, 3, 589] ->
//   [windows, 3, D]
#include <diar/errors.h>
#include <diar/networks.h>

#include <iostream>
#include <vector>

#include "raw_file.h"

namespace {

constexpr std::size_t kWindow = 160000, kMasks = 3, kMaskFrames = 589;

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::cerr << "usage: dump_embeddings MODEL_DIR SAMPLES MASKS OUT\n";
    return 2;
  }
  const auto encoder = diar::load_speaker_encoder(argv[1]);
  const std::vector<float> samples = diar::parity::read_raw<float>(argv[2]),
                           masks = diar::parity::read_raw<float>(argv[3]);
  const std::size_t num_windows = samples.size() / kWindow;
  if (samples.size() != num_windows * kWindow || masks.size() != num_windows * kMasks * kMaskFrames)
    throw diar::InputError("samples and masks are not of the same windows");
  std::vector<float> embeddings(num_windows * kMasks * encoder->spec().dimension);
  encoder->run({{samples, num_windows, kWindow, kWindow}, masks, kMasks, kMaskFrames, {}}, embeddings);
  diar::parity::write_raw(argv[4], embeddings);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
