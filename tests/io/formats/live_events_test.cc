// Live events as JSON lines: by the published schema, and exact.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "diar/io/live_events.h"
#include "schema_validator.h"
#include "test_paths.h"

namespace diar {
namespace {

std::vector<LiveEvent> one_of_each() {
  const LiveTurn turn{7, {1.0 / 3.0, 2.0 / 3.0}, "SPEAKER_01", TurnState::kStable, 0.75f};
  LiveProgress progress;
  progress.pushed_s = 12.5;
  progress.num_windows = 3;
  LiveFinal final;
  final.equals_offline = true;
  final.offline_labels["SPEAKER_00"] = "SPEAKER_01";
  return {SpeakerStart{0.5, "SPEAKER_00"},
          SpeakerEnd{1.5, "SPEAKER_00"},
          TurnShown{turn},
          TurnRevised{turn, "SPEAKER_00"},
          TurnRemoved{9},
          SpeakersMerged{"SPEAKER_02", "SPEAKER_00"},
          progress,
          final};
}

TEST(LiveEvents, AreOfThePublishedSchema) {
  Validator published(json::parse(std::ifstream(DIAR_SOURCE_DIR "/docs/schema/live-events.schema.json")));
  const json& kinds = published.root().at("$defs");
  std::set<std::string> types;
  for (const LiveEvent& event : one_of_each()) {
    const std::string line = to_json_line(event);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    const json value = json::parse(line);
    const std::string type = value.at("type");
    types.insert(type);
    EXPECT_THAT(published.problems(value, kinds.at(type)), ::testing::IsEmpty()) << line;
    json bad = value;
    bad["frobnication"] = true;
    EXPECT_EQ(published.problems(bad, kinds.at(type)).size(), 1u);
  }
  EXPECT_EQ(types.size(), std::variant_size_v<LiveEvent>);
}

TEST(LiveEvents, TimesComeBackAsTheyWere) {
  const json value = json::parse(to_json_line(one_of_each()[2]));
  EXPECT_EQ(value.at("start_s").get<double>(), 1.0 / 3.0);
  EXPECT_EQ(value.at("end_s").get<double>(), 2.0 / 3.0);
  EXPECT_EQ(value.at("state"), "stable");
  EXPECT_EQ(value.at("confidence").get<float>(), 0.75f);
}

}  // namespace
}  // namespace diar
