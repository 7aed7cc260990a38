// Who speaks into the microphone now, through PortAudio; Enter finishes.
//   example_microphone MODEL_DIR
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/rttm.h>
#include <diar/live.h>
#include <poll.h>
#include <portaudio.h>
#include <unistd.h>

#include <iostream>
#include <stdexcept>
#include <vector>

namespace {

void check(PaError error) {
  if (error != paNoError) throw std::runtime_error(Pa_GetErrorText(error));
}

/// The default input, 16 kHz mono.
class Microphone {
 public:
  Microphone() {
    check(Pa_Initialize());
    check(Pa_OpenDefaultStream(&stream_, 1, 0, paFloat32, 16000, paFramesPerBufferUnspecified, nullptr,
                               nullptr));
    check(Pa_StartStream(stream_));
  }
  ~Microphone() {
    if (stream_ != nullptr) Pa_CloseStream(stream_);
    Pa_Terminate();
  }
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  void read(std::vector<float>& samples) {
    const PaError error = Pa_ReadStream(stream_, samples.data(), samples.size());
    // Samples that were lost are lost; the stream goes on.
    if (error != paInputOverflowed) check(error);
  }

 private:
  PaStream* stream_ = nullptr;
};

bool enter_was_pressed() {
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) == 1;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: example_microphone MODEL_DIR\n";
    return 2;
  }
  const auto engine = diar::Engine::load(argv[1]);
  diar::LiveSession session = diar::LiveSession::open(engine);
  Microphone microphone;
  std::vector<float> samples(1600);
  while (!enter_was_pressed()) {
    microphone.read(samples);
    session.push(samples);
    for (const diar::LiveEvent& event : session.poll()) {
      if (const auto* start = std::get_if<diar::SpeakerStart>(&event))
        std::cout << start->speaker << " speaks\n";
      if (const auto* end = std::get_if<diar::SpeakerEnd>(&event)) std::cout << end->speaker << " stops\n";
    }
    std::cout << std::flush;
  }
  diar::write_rttm(session.finish().diarization, std::cout);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
} catch (const std::runtime_error& error) {
  std::cerr << "the microphone: " << error.what() << '\n';
  return 1;
}
