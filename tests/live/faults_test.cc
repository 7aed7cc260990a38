// Streams as they should not be: silent for an hour, clipped, with holes, broken off and begun again.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/own_networks.h"
#include "live/pieces.h"

namespace diar {
namespace {

using namespace engine_test;
using namespace live_test;

Stream expect_whole_run(const Engine& engine, const std::vector<float>& samples) {
  const Stream run = run_in_pieces<float>(engine, samples, 3);
  EXPECT_EQ(run.result, text_of(engine.diarize({samples, 16000})));
  EXPECT_EQ(run.replayed, run.offline);
  EXPECT_TRUE(run.final.equals_offline);
  return run;
}

// Who spoke before an hour of silence has the same label after it.
TEST(LiveFaults, AnHourOfSilence) {
  const Engine engine = own_engine();
  const std::vector<float> talk = conversation(30.0);
  std::vector<float> samples = talk;
  samples.resize(samples.size() + std::size_t{3600} * 16000);
  samples.insert(samples.end(), talk.begin(), talk.end());
  LiveSession session = LiveSession::open(engine);
  LiveTurns turns;
  std::size_t num_events = 0;
  for (std::size_t at = 0; at < samples.size(); at += 160000) {
    session.push(std::span(samples).subspan(at, std::min<std::size_t>(160000, samples.size() - at)));
    for (const LiveEvent& event : session.poll()) {
      turns.apply(event);
      ++num_events;
    }
  }
  session.settle();
  for (const LiveEvent& event : session.poll()) turns.apply(event);
  std::set<std::string> labels;
  for (const auto& [id, turn] : turns.turns()) {
    labels.insert(turn.speaker);
    EXPECT_TRUE(turn.segment.start_s < 31.0 || turn.segment.start_s > 3629.0) << turn.segment.start_s;
  }
  EXPECT_EQ(labels, (std::set<std::string>{"SPEAKER_00", "SPEAKER_01"}));
  // Progress for each poll at most, and what the turns say.
  EXPECT_LT(num_events, 363u + 200u);
  EXPECT_EQ(text_of(session.finish()), text_of(engine.diarize({samples, 16000})));
}

TEST(LiveFaults, ClippedSound) {
  std::vector<float> samples = conversation(40.0);
  for (float& sample : samples) sample = std::clamp(20.0f * sample, -1.0f, 1.0f);
  expect_whole_run(own_engine(), samples);
  // Louder than full scale is no fault of a float stream.
  for (float& sample : samples) sample *= 30.0f;
  expect_whole_run(own_engine(), samples);
}

// Holes of digital silence in the middle of turns, as a network that loses packets leaves them.
TEST(LiveFaults, Holes) {
  std::vector<float> samples = conversation(60.0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i / 12345 % 7 == 3 || i / 100000 % 5 == 4) samples[i] = 0.0f;
  }
  expect_whole_run(own_engine(), samples);
}

TEST(LiveFaults, BrokenOffAndBegunAgain) {
  const Engine engine = own_engine();
  const auto samples = conversation(40.0);
  for (const std::size_t heard : {std::size_t{1}, samples.size() / 3, samples.size()}) {
    {
      LiveSession session = LiveSession::open(engine);
      session.push(std::span(samples).first(heard));
      session.poll();
    }
    expect_whole_run(engine, samples);
  }
}

}  // namespace
}  // namespace diar
