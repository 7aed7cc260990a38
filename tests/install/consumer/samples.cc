// libdiar alone: samples and a model directory in, turns out.
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/version.h>

#include <iostream>
#include <string>
#include <vector>

#ifndef CMAKE_DIAR_VERSION
#define CMAKE_DIAR_VERSION diar::version()
#endif

int main(int argc, char** argv) {
  // The library, its headers and its package files are of one version.
  const std::string headers = std::to_string(DIAR_VERSION_MAJOR) + "." + std::to_string(DIAR_VERSION_MINOR) +
                              "." + std::to_string(DIAR_VERSION_PATCH);
  if (headers != diar::version() || headers != CMAKE_DIAR_VERSION) return 1;
  // An exception keeps its type across the library's border.
  try {
    diar::Engine::load("/nowhere/at/all");
    return 1;
  } catch (const diar::ModelError& error) {
    std::cout << diar::version() << ": " << error.what() << '\n';
  }
  if (argc > 1) {
    const auto engine = diar::Engine::load(argv[1]);
    const std::vector<float> silence(16000, 0.0f);
    if (!engine.diarize(diar::WaveformView{silence, 16000}).diarization.empty()) return 1;
  }
  return 0;
}
