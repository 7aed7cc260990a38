#include "engine/source_pump.h"

#include <vector>

#include "core/stopwatch.h"

namespace diar {
namespace {

constexpr std::size_t kBlockSamples = 65536;

}  // namespace

NetworkOutput pump(AudioSource& audio, SessionCore& session, const ProgressCallback& on_progress) {
  session.expect_duration(audio.duration_hint_s());
  std::vector<float> block(kBlockSamples);
  double audio_s = 0.0;
  std::size_t count = 0;
  do {
    Stopwatch watch;
    count = audio.read(block);
    audio_s += watch.lap_s();
    session.push(std::span<const float>(block).first(count), on_progress);
  } while (count == block.size());
  NetworkOutput output = session.finish(on_progress);
  output.timings.audio_s = audio_s;
  return output;
}

}  // namespace diar
