// Options, progress, cancellation, the exclusive output, and a look at the stages in between.
//   example_advanced MODEL_DIR AUDIO
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>

#include <cmath>
#include <iostream>
#include <numeric>

namespace {

double norm(const std::vector<float>& values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: example_advanced MODEL_DIR AUDIO\n";
    return 2;
  }
  diar::EngineOptions device;
  device.device = diar::Device::kCpu;
  device.num_threads = 2;
  const auto engine = diar::Engine::load(argv[1], device);

  // Samples that are in memory already need no file; any sample rate will do.
  const diar::Waveform waveform = diar::load_audio(argv[2]);

  diar::SessionOptions options;
  options.min_speakers = 1;
  options.max_speakers = 6;
  options.min_duration_s = 0.2;
  options.uri = "example";
  options.on_artefact = [](const diar::Artefact& artefact) {
    std::cout << "stage " << artefact.stage << " [";
    for (std::size_t i = 0; i < artefact.shape.size(); ++i)
      std::cout << (i == 0 ? "" : ", ") << artefact.shape[i];
    std::cout << "]\n";
  };

  const auto output = engine.diarize(waveform, options, [](const diar::Progress& progress) {
    std::cerr << progress.stage << ' ' << progress.completed << '/' << progress.total << '\n';
    return true;  // false would stop the run with diar::Cancelled
  });

  std::cout << "at most one speaker at a time:\n";
  for (const diar::Turn& turn : output.exclusive_diarization.turns()) {
    std::cout << turn.segment.start_s << " - " << turn.segment.end_s << "  " << turn.speaker << '\n';
  }
  for (const diar::SpeakerEmbedding& embedding : output.speaker_embeddings) {
    std::cout << embedding.speaker << ": " << embedding.values.size() << " values, norm "
              << norm(embedding.values) << '\n';
  }
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
