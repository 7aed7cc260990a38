// A small application: several files, RTTM beside each, failures reported and passed over.
//   example_complete MODEL_DIR OUTPUT_DIR AUDIO...
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>
#include <diar/output_file.h>

#include <filesystem>
#include <iostream>

namespace {

void diarize_file(const diar::Engine& engine, const std::filesystem::path& input,
                  const std::filesystem::path& directory) {
  diar::SessionOptions options;
  options.uri = input.stem().string();
  const auto audio = diar::open_audio(input.string());
  const auto output = engine.diarize(*audio, options);
  const auto path = directory / (options.uri + ".rttm");
  diar::write_file_atomically(path, diar::to_rttm(output.diarization));

  std::cout << path.string() << ": " << output.diarization.speakers().size() << " speakers in "
            << output.duration_s << " s of audio, " << output.duration_s / output.timings.total_s
            << "x real time\n";
  for (const diar::SpeakerTotal& total : output.diarization.totals()) {
    std::cout << "  " << total.speaker << " speaks " << total.speech_s << " s in " << total.num_turns
              << " turns\n";
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::cerr << "usage: example_complete MODEL_DIR OUTPUT_DIR AUDIO...\n";
    return 2;
  }
  const auto engine = diar::Engine::load(argv[1]);
  int exit_code = 0;
  for (int i = 3; i < argc; ++i) {
    try {
      diarize_file(engine, argv[i], argv[2]);
    } catch (const diar::AudioError& error) {  // this file is no audio; the next one may be
      std::cerr << error.what() << '\n';
      exit_code = error.exit_code();
    }
  }
  return exit_code;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
