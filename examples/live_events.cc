// A live session by hand: samples as they come, events as JSON lines, the final result as RTTM.
//   example_live_events MODEL_DIR AUDIO
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/live_events.h>
#include <diar/io/rttm.h>
#include <diar/live.h>

#include <iostream>
#include <vector>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: example_live_events MODEL_DIR AUDIO\n";
    return 2;
  }
  const auto engine = diar::Engine::load(argv[1]);
  const auto audio = diar::open_audio(argv[2]);
  diar::LiveOptions options;
  options.latency_s = 0.5;
  diar::LiveSession session = diar::LiveSession::open(engine, options);
  diar::LiveTurns turns;
  const auto show = [&] {
    for (const diar::LiveEvent& event : session.poll()) {
      turns.apply(event);
      std::cout << diar::to_json_line(event);
    }
  };

  std::vector<float> piece(4000);
  while (const std::size_t count = audio->read(piece)) {
    session.push(std::span(piece).first(count));
    show();
  }
  const diar::DiarizationOutput result = session.finish();
  show();
  // What the events leave is the result.
  const std::string& uri = result.diarization.uri();
  if (turns.annotation(uri) != result.diarization) std::cerr << "the events do not give the result\n";
  diar::write_rttm(turns.annotation(uri), std::cout);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
