// Where errors are: each kind, merged stretches, and sums that are the error rate's parts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "diar/metrics.h"

namespace diar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Annotation talk(std::vector<Turn> turns) {
  return Annotation("talk", std::move(turns));
}

TEST(ErrorRegions, NothingWhereAllIsRight) {
  const Annotation reference = talk({{{0, 4}, "a"}, {{3, 6}, "b"}});
  EXPECT_THAT(error_regions(reference, talk({{{0, 4}, "y"}, {{3, 6}, "x"}})), IsEmpty());
  EXPECT_THAT(error_regions(talk({}), talk({})), IsEmpty());
}

TEST(ErrorRegions, NamesEachKindOfError) {
  const auto regions = error_regions(talk({{{0, 10}, "a"}, {{11, 16}, "b"}, {{12, 13}, "c"}}),
                                     talk({{{2, 8}, "x"}, {{8, 10.5}, "y"}, {{11, 16}, "y"}}));
  ASSERT_EQ(regions.size(), 4u);
  EXPECT_EQ(regions[0].segment, (Segment{0, 2}));
  EXPECT_EQ(regions[0].missed_detection, 1u);
  EXPECT_THAT(regions[0].reference, ElementsAre("a"));
  EXPECT_THAT(regions[0].hypothesis, IsEmpty());
  EXPECT_EQ(regions[1].segment, (Segment{8, 10}));
  EXPECT_EQ(regions[1].confusion, 1u);
  EXPECT_THAT(regions[1].reference, ElementsAre("a"));
  EXPECT_THAT(regions[1].hypothesis, ElementsAre("y"));
  EXPECT_EQ(regions[2].segment, (Segment{10, 10.5}));
  EXPECT_EQ(regions[2].false_alarm, 1u);
  EXPECT_THAT(regions[2].hypothesis, ElementsAre("y"));
  EXPECT_EQ(regions[3].segment, (Segment{12, 13}));
  EXPECT_EQ(regions[3].missed_detection, 1u);
  EXPECT_THAT(regions[3].reference, ElementsAre("c"));
}

TEST(ErrorRegions, BoundariesWithoutAChangeDoNotCut) {
  const auto regions = error_regions(talk({{{0, 2}, "a"}, {{2, 5}, "a"}}), talk({}));
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].segment, (Segment{0, 5}));
}

TEST(ErrorRegions, CollarAndUemAreLeftOut) {
  const Annotation reference = talk({{{2, 6}, "a"}});
  const ScoringOptions options{.collar_s = 1.0, .uem = std::vector<Segment>{{0, 4}}};
  const auto regions = error_regions(reference, talk({}), options);
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].segment, (Segment{2.5, 4}));
  EXPECT_THAT(scored_regions(reference, talk({}), options), ElementsAre(Segment{0, 1.5}, Segment{2.5, 4}));
}

TEST(ErrorRegions, SumUpToTheErrorRate) {
  std::mt19937 generator(5);
  const auto random_talk = [&](const std::vector<std::string>& names) {
    std::vector<Turn> turns;
    for (int i = 0; i < 30; ++i) {
      const double start_s = static_cast<double>(generator() % 1000) / 10.0;
      turns.push_back({{start_s, start_s + static_cast<double>(generator() % 80) / 10.0},
                       names[generator() % names.size()]});
    }
    return talk(std::move(turns));
  };
  for (int round = 0; round < 20; ++round) {
    const Annotation reference = random_talk({"a", "b", "c"});
    const Annotation hypothesis = random_talk({"u", "v", "w", "x"});
    const DiarizationErrorRate rate = diarization_error_rate(reference, hypothesis);
    double missed_s = 0.0;
    double false_alarm_s = 0.0;
    double confusion_s = 0.0;
    double last_end_s = 0.0;
    for (const ErrorRegion& region : error_regions(reference, hypothesis)) {
      EXPECT_GE(region.segment.start_s, last_end_s);
      last_end_s = region.segment.end_s;
      missed_s += region.segment.duration_s() * static_cast<double>(region.missed_detection);
      false_alarm_s += region.segment.duration_s() * static_cast<double>(region.false_alarm);
      confusion_s += region.segment.duration_s() * static_cast<double>(region.confusion);
      EXPECT_EQ(region.reference.size(), region.missed_detection + region.confusion);
      EXPECT_EQ(region.hypothesis.size(), region.false_alarm + region.confusion);
    }
    EXPECT_NEAR(missed_s, rate.missed_detection_s, 1e-9);
    EXPECT_NEAR(false_alarm_s, rate.false_alarm_s, 1e-9);
    EXPECT_NEAR(confusion_s, rate.confusion_s, 1e-9);
  }
}

TEST(OptimalMapping, PairsOnlyThoseWhoShareTime) {
  EXPECT_THAT(optimal_mapping(talk({{{0, 5}, "a"}, {{6, 8}, "b"}}), talk({{{1, 4}, "x"}, {{9, 10}, "y"}})),
              ElementsAre(std::pair<const std::string, std::string>("x", "a")));
}

}  // namespace
}  // namespace diar
