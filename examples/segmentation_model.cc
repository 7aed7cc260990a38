// The segmentation network by itself: samples in, log-probabilities [frames, 7], probabilities and decisions
// out.
//   example_segmentation_model MODEL_DIR AUDIO
#include <diar/audio.h>
#include <diar/errors.h>
#include <diar/models.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <vector>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: example_segmentation_model MODEL_DIR AUDIO\n";
    return 2;
  }
  const auto model = diar::load_segmentation_model(argv[1]);
  diar::Waveform waveform = diar::load_audio(argv[2]);

  // One window of ten seconds, padded with zeros where the file is shorter.
  diar::WindowBatch window;
  waveform.samples.resize(std::max(waveform.samples.size(), window.window_samples));
  window.samples = waveform.samples;

  const std::size_t num_frames = model->num_frames(window.window_samples);
  std::vector<float> log_probs(num_frames * diar::kNumPowersetClasses);
  model->run(window, log_probs);

  constexpr std::array kClasses = {"nobody", "A", "B", "C", "A+B", "A+C", "B+C"};
  for (std::size_t frame = 0; frame < num_frames; frame += 59) {
    const auto begin = log_probs.begin() + static_cast<std::ptrdiff_t>(frame * diar::kNumPowersetClasses);
    const auto best = std::max_element(begin, begin + diar::kNumPowersetClasses);
    std::cout << "frame " << frame << ": " << kClasses[static_cast<std::size_t>(best - begin)]
              << " with probability " << std::exp(*best) << '\n';
  }
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
