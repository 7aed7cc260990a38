// What a stranger's program does with the installed package: includes every header, links, runs.
#include <diar/annotation.h>
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/hub/model_store.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>
#include <diar/output_file.h>
#include <diar/progress.h>
#include <diar/segmenter.h>
#include <diar/version.h>

#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  const diar::Annotation annotation("call", {{{0.5, 2.0}, "ANNA"}});
  if (diar::to_rttm(annotation) != "SPEAKER call 1 0.500 1.500 <NA> <NA> ANNA <NA> <NA>\n") return 1;
  // An exception must keep its type across the library's border.
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
