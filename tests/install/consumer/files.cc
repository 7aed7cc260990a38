// libdiar_io: formats, and an audio file's samples.
#include <diar/annotation.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>

int main(int argc, char** argv) {
  const diar::Annotation annotation("call", {{{0.5, 2.0}, "ANNA"}});
  if (diar::to_rttm(annotation) != "SPEAKER call 1 0.500 1.500 <NA> <NA> ANNA <NA> <NA>\n") return 1;
  try {
    diar::load_audio("/nowhere/at/all.wav");
    return 1;
  } catch (const diar::InputError&) {
  }
  return argc > 1 && diar::load_audio(argv[1]).samples.empty() ? 1 : 0;
}
