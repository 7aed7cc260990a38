// The segmentation network by itself: samples in, log-probabilities [frames, classes], probabilities and
// decisions out.
//   example_segmentation_network MODEL_DIR AUDIO
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/networks.h>
#include <diar/powerset.h>

#include <algorithm>
#include <iostream>
#include <vector>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: example_segmentation_network MODEL_DIR AUDIO\n";
    return 2;
  }
  const auto model = diar::load_segmentation_network(argv[1]);
  diar::Waveform waveform = diar::load_audio(argv[2]);

  const diar::SegmentationSpec& spec = model->spec();

  // One window of ten seconds, padded with zeros where the file is shorter.
  diar::WindowBatch window;
  waveform.samples.resize(std::max(waveform.samples.size(), window.window_samples));
  window.samples = waveform.samples;

  const std::size_t num_frames = model->num_frames(window.window_samples);
  std::vector<float> log_probs(num_frames * spec.classes.size());
  model->run(window, log_probs);

  const auto probabilities = diar::class_probabilities(log_probs, spec.classes);
  const auto decisions = diar::frame_decisions(log_probs, spec.classes);
  for (std::size_t frame = 0; frame < num_frames; frame += 59) {
    const auto begin = probabilities.begin() + static_cast<std::ptrdiff_t>(frame * spec.classes.size());
    std::cout << "frame " << frame << ": ";
    for (std::size_t speaker = 0; speaker < spec.num_speakers; ++speaker)
      std::cout << ((decisions[frame] >> speaker & 1) != 0 ? "ABC"[speaker] : '-');
    std::cout << " with probability " << *std::max_element(begin, begin + spec.classes.size()) << '\n';
  }
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
