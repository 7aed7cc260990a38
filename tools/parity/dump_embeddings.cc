// The engine's embeddings of windows whose samples and masks are given: for comparisons with other
// implementations (training/evaluate_embedding.py).
//   dump_embeddings MODEL_DIR SAMPLES MASKS OUT      float32 [windows, 160000], [windows, 3, 589] ->
//   [windows, 3, D]
#include <diar/errors.h>
#include <diar/networks.h>

#include <fstream>
#include <iostream>
#include <vector>

namespace {

constexpr std::size_t kWindow = 160000, kMasks = 3, kMaskFrames = 589;

std::vector<float> floats_of(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw diar::InputError(std::string("cannot open '") + path + "'");
  std::vector<float> values(static_cast<std::size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::cerr << "usage: dump_embeddings MODEL_DIR SAMPLES MASKS OUT\n";
    return 2;
  }
  const auto encoder = diar::load_speaker_encoder(argv[1]);
  const std::vector<float> samples = floats_of(argv[2]), masks = floats_of(argv[3]);
  const std::size_t num_windows = samples.size() / kWindow;
  if (samples.size() != num_windows * kWindow || masks.size() != num_windows * kMasks * kMaskFrames)
    throw diar::InputError("samples and masks are not of the same windows");
  std::vector<float> embeddings(num_windows * kMasks * encoder->spec().dimension);
  encoder->run({{samples, num_windows, kWindow, kWindow}, masks, kMasks, kMaskFrames, {}}, embeddings);
  std::ofstream out(argv[4], std::ios::binary);
  out.write(reinterpret_cast<const char*>(embeddings.data()),
            static_cast<std::streamsize>(embeddings.size() * sizeof(float)));
  if (!out.flush()) throw diar::OutputError(std::string("cannot write '") + argv[4] + "'");
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
