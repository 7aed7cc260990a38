// Streams without an end: old windows go, labels stay, and memory does not grow.
#include <gtest/gtest.h>

#include "core/executor.h"
#include "engine/own_networks.h"
#include "session/live_core.h"

namespace diar {
namespace {

using namespace engine_test;

/// A live session whose memory holds half a minute.
class ShortMemory {
 public:
  ShortMemory()
      : executor_(std::make_shared<const Executor>(2)),
        live_(segmentation_, encoder_, cosine_scoring(), plan_, short_plan()),
        core_(segmentation_, encoder_, executor_, plan_, &live_) {}
  void push(std::span<const float> samples) {
    for (std::size_t at = 0; at < samples.size(); at += 8000)
      core_.push(samples.subspan(at, std::min<std::size_t>(8000, samples.size() - at)));
    core_.settle();
  }
  std::vector<LiveEvent> poll() {
    std::vector<LiveEvent> events;
    live_.collect(core_.status(), events);
    for (const LiveEvent& event : events) turns.apply(event);
    return events;
  }
  NetworkOutput finish() { return core_.finish(); }
  DiarizationOutput conclude(double duration_s) {
    live_.stop();
    return live_.conclude_shown(duration_s);
  }

  LiveTurns turns;

 private:
  static LivePlan short_plan() {
    LivePlan plan;
    plan.bounded_memory = true;
    plan.kept_stream_s = 30.0;
    return plan;
  }

  const std::shared_ptr<SignSegmentation> segmentation_ = std::make_shared<SignSegmentation>();
  const std::shared_ptr<MeanEncoder> encoder_ = std::make_shared<MeanEncoder>();
  const RunPlan plan_;
  const std::shared_ptr<const Executor> executor_;
  LiveCore live_;
  SessionCore core_;
};

/// Only the first voice (even turns), or both, from a second on.
std::vector<float> voices(double duration_s, bool both) {
  std::vector<float> samples = conversation(duration_s);
  if (both) return samples;
  for (float& sample : samples) sample = sample < -0.1f ? 0.0f : sample;
  return samples;
}

TEST(BoundedMemory, TheResultIsWhatWasShownAndWindowsAreFew) {
  ShortMemory stream;
  const auto samples = voices(300.0, true);
  for (std::size_t at = 0; at < samples.size(); at += 160000) {
    stream.push(std::span(samples).subspan(at, 160000));
    stream.poll();
  }
  const NetworkOutput networks = stream.finish();
  EXPECT_LE(networks.activity.grid.num_windows, 31u);
  EXPECT_LE(networks.embeddings.num_rows(), 62u);
  const DiarizationOutput output = stream.conclude(networks.duration_s);
  const auto events = stream.poll();
  const auto* final = std::get_if<LiveFinal>(&events.back());
  ASSERT_NE(final, nullptr);
  EXPECT_FALSE(final->equals_offline);
  EXPECT_EQ(stream.turns.annotation("audio"), output.diarization);
  EXPECT_EQ(output.num_windows, 291u);
  // Nearly a whole run's turns, under the labels that were shown.
  const auto offline = own_engine().diarize({samples, 16000}).diarization;
  ASSERT_EQ(output.diarization.turns().size(), offline.turns().size());
  for (std::size_t i = 0; i < offline.turns().size(); ++i) {
    EXPECT_NEAR(output.diarization.turns()[i].segment.start_s, offline.turns()[i].segment.start_s, 0.11);
    EXPECT_EQ(output.diarization.turns()[i].speaker, i % 2 == 0 ? "SPEAKER_00" : "SPEAKER_01");
  }
  EXPECT_EQ(output.speaker_embeddings.size(), 2u);
  for (const Turn& turn : output.exclusive_diarization.turns()) EXPECT_GT(turn.segment.duration_s(), 0.0);
}

// Somebody who was silent for longer than memory lasts keeps their label.
TEST(BoundedMemory, LabelsPersistBeyondTheWindows) {
  ShortMemory stream;
  stream.push(voices(27.0, true));
  stream.push(voices(99.0, false));
  stream.push(voices(45.0, true));
  stream.poll();
  std::set<std::string> labels;
  for (const auto& [id, turn] : stream.turns.turns()) {
    labels.insert(turn.speaker);
    if (turn.segment.start_s > 130.0 && static_cast<long>(turn.segment.start_s / 4.5 + 0.1) % 2 == 1) {
      EXPECT_EQ(turn.speaker, "SPEAKER_01") << turn.segment.start_s;
    }
  }
  EXPECT_EQ(labels.size(), 2u);
}

}  // namespace
}  // namespace diar
