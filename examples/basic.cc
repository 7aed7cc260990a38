// The shortest useful program: print who spoke when.
//   example_basic MODEL_DIR AUDIO
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>

#include <iostream>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: example_basic MODEL_DIR AUDIO\n";
    return 2;
  }
  const auto engine = diar::Engine::load(argv[1]);
  const auto audio = diar::open_audio(argv[2]);
  const auto output = engine.diarize(*audio);
  diar::write_rttm(output.diarization, std::cout);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
