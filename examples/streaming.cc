// A session by hand: samples as they come, the state of the work in between, the result at the end.
//   example_streaming MODEL_DIR AUDIO
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>

#include <iostream>
#include <vector>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: example_streaming MODEL_DIR AUDIO\n";
    return 2;
  }
  const auto engine = diar::Engine::load(argv[1]);
  const auto audio = diar::open_audio(argv[2]);
  diar::Session session = engine.open();

  // Any pieces will do: here what a sound card gives in a quarter of a second.
  std::vector<float> piece(4000);
  while (const std::size_t count = audio->read(piece)) {
    session.push(std::span(piece).first(count));
    const diar::SessionStatus status = session.poll();
    std::cerr << status.pushed_s << " s pushed, " << status.windows_completed << " windows done\n";
  }
  diar::write_rttm(session.finish().diarization, std::cout);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
