// The recordings of the genuine pipeline as streams, through every model that is at hand: the end is the
// whole run, whatever the pieces.
#include <gtest/gtest.h>

#include <filesystem>

#include "diar/engine.h"
#include "diar/io/audio.h"
#include "live/network_memory.h"
#include "live/pieces.h"
#include "models/model_directory.h"
#include "test_paths.h"

namespace diar {
namespace {

class GenuineLive : public ::testing::TestWithParam<const char*> {};

// benchmarks/live/live_bench --pieces 50 does the same fifty times, without a memory when told so.
TEST_P(GenuineLive, FinishIsTheWholeRun) {
  constexpr double kLatencies[] = {0.25, 0.5, 1.0, 2.0, 5.0};
  const auto folder = std::filesystem::path(DIAR_SHARED_DIR) / "golden/genuine-community-1" / GetParam();
  const std::vector<float> samples = load_audio((folder / "audio.wav").string()).samples;
  for (const std::string model : {DIAR_SOURCE_DIR "/models/starter", DIAR_SHARED_DIR "/models/bootstrap"}) {
    const auto memory = std::make_shared<live_test::NetworkMemory>();
    const Engine engine = live_test::remembering_engine(
        load_segmentation_network(model), load_speaker_encoder(model), load_plda_scoring(model), memory);
    LiveOptions options;
    const std::string expected = engine_test::text_of(engine.diarize({samples, 16000}, options.session));
    for (std::uint32_t seed = 0; seed < 5; ++seed) {
      SCOPED_TRACE(model + ", seed " + std::to_string(seed));
      options.latency_s = kLatencies[seed];
      const auto stream = live_test::run_in_pieces<float>(engine, samples, seed, options);
      ASSERT_EQ(stream.result, expected);
      ASSERT_EQ(stream.replayed, stream.offline);
      EXPECT_TRUE(stream.final.equals_offline);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineLive,
                         ::testing::Values("sample", "dual_speaker", "two_speakers", "short"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace diar
