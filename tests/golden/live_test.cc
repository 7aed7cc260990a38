// Recordings of tests/data/golden as streams: their end is the whole run, whatever the pieces. Those that
// cost little once each; with DIAR_LIVE_PIECES=50 in the environment all of them, so many times.
#include <gtest/gtest.h>

#include <cstdlib>

#include "diar/io/audio.h"
#include "golden/golden_engine.h"
#include "live/network_memory.h"
#include "live/pieces.h"

namespace diar {
namespace {

using namespace golden_test;

int asked_pieces() {
  const char* text = std::getenv("DIAR_LIVE_PIECES");
  return text == nullptr ? 0 : std::atoi(text);
}

std::vector<std::string> streamed() {
  if (asked_pieces() > 0) return recordings();
  return {"instant", "phantom", "short", "silence", "one_speaker", "ten_seconds_and_one", "two_speakers"};
}

class GoldenLive : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenLive, FinishIsTheWholeRun) {
  constexpr double kLatencies[] = {0.25, 0.5, 1.0, 2.0, 5.0};
  const Json& recording = manifest()["runs"][GetParam()];
  const Parts& known = parts(Device::kCpu, recording["model"].get<std::string>());
  const Engine engine = engine_of(known);
  // Each window goes through the networks once; what is tested here follows them.
  Parts remembering = known;
  const auto memory = std::make_shared<live_test::NetworkMemory>();
  remembering.segmentation = std::make_shared<live_test::RememberingSegmentation>(known.segmentation, memory);
  remembering.encoder = std::make_shared<live_test::RememberingEncoder>(known.encoder, memory);
  const Engine live_engine = engine_of(remembering);
  const std::vector<float> samples = load_audio(audio_of(recording).string()).samples;
  std::uint32_t seed = 0;
  for (const auto& [name, run] : manifest()["runs"].items()) {
    if (name != GetParam() && run["base"] != GetParam()) continue;
    LiveOptions options;
    options.session = options_of(run);
    const std::string expected = engine_test::text_of(engine.diarize({samples, 16000}, options.session));
    for (int i = 0; i < std::max(asked_pieces(), 1); ++i, ++seed) {
      SCOPED_TRACE(name + ", seed " + std::to_string(seed));
      options.latency_s = kLatencies[seed % std::size(kLatencies)];
      const auto stream = live_test::run_in_pieces<float>(live_engine, samples, seed, options);
      ASSERT_EQ(stream.result, expected);
      ASSERT_EQ(stream.replayed, stream.offline);
      EXPECT_TRUE(stream.final.equals_offline);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pyannote407, GoldenLive, ::testing::ValuesIn(streamed()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace diar
