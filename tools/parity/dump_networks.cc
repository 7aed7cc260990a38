// The segmentation network's log-probabilities for every window of a file, as raw floats: for comparisons
// with other implementations (tools/parity/compare_pytorch.py).
//   dump_networks MODEL_DIR AUDIO OUT        OUT: float32 [windows, frames, 7], windows of 10 s every second
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/networks.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "raw_file.h"

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: dump_networks MODEL_DIR AUDIO OUT\n";
    return 2;
  }
  const auto model = diar::load_segmentation_network(argv[1]);
  std::vector<float> samples = diar::load_audio(argv[2]).samples;
  diar::WindowBatch batch;
  batch.step_samples = 16000;
  const std::size_t beyond = samples.size() - std::min(samples.size(), batch.window_samples);
  batch.num_windows = 1 + (beyond + batch.step_samples - 1) / batch.step_samples;
  samples.resize((batch.num_windows - 1) * batch.step_samples + batch.window_samples, 0.0f);
  batch.samples = samples;
  std::vector<float> log_probs(batch.num_windows * model->num_frames(batch.window_samples) *
                               model->spec().classes.size());
  model->run(batch, log_probs);
  diar::parity::write_raw(argv[3], log_probs);
  std::cout << batch.num_windows << " windows\n";
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
