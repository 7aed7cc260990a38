// The engine's embeddings of windows whose samples and masks are given: for comparisons with other
// implementations (training/evaluate_embedding.py).
//   dump_embeddings MODEL_DIR SAMPLES MASKS OUT      float32 [windows, 160000], [windows, 3, 589] ->
//   [windows, 3, D]
#include <diar/errors.h>
#include <diar/models.h>

#include <fstream>
#include <iostream>
#include <vector>

#include "frontend/fbank.h"

namespace {

constexpr std::size_t kWindow = 160000, kMaskFrames = 589;

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
  const auto model = diar::load_embedding_model(argv[1]);
  const std::vector<float> samples = floats_of(argv[2]), masks = floats_of(argv[3]);
  const std::size_t num_windows = samples.size() / kWindow;
  if (samples.size() != num_windows * kWindow ||
      masks.size() != num_windows * diar::kNumLocalSpeakers * kMaskFrames)
    throw diar::InputError("samples and masks are not of the same windows");
  const std::size_t num_features = diar::num_fbank_frames(kWindow) * diar::kMelBins;
  std::vector<float> features(num_windows * num_features);
  const diar::FilterBank filter_bank;
  for (std::size_t window = 0; window < num_windows; ++window) {
    const auto row = std::span(features).subspan(window * num_features, num_features);
    filter_bank.compute(std::span(samples).subspan(window * kWindow, kWindow), row);
    diar::subtract_mean(row);
  }
  std::vector<float> embeddings(num_windows * diar::kNumLocalSpeakers * model->dimension());
  model->run(
      {features, masks, num_windows, diar::num_fbank_frames(kWindow), diar::kNumLocalSpeakers, kMaskFrames},
      embeddings);
  std::ofstream out(argv[4], std::ios::binary);
  out.write(reinterpret_cast<const char*>(embeddings.data()),
            static_cast<std::streamsize>(embeddings.size() * sizeof(float)));
  if (!out.flush()) throw diar::OutputError(std::string("cannot write '") + argv[4] + "'");
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
