// Turns in any order in; order, totals and selections out.
#include "diar/annotation.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "diar/waveform.h"

namespace diar {
namespace {

// A view of samples that end with the expression would dangle.
static_assert(std::is_convertible_v<const Waveform&, WaveformView>);
static_assert(!std::is_convertible_v<Waveform, WaveformView>);

std::vector<Turn> mixed() {
  return {{{5.0, 6.0}, "B"}, {{0.0, 2.0}, "A"}, {{0.0, 1.0}, "B"}, {{5.0, 6.0}, "A"}, {{3.0, 3.25}, "A"}};
}

TEST(Annotation, KeepsTurnsInOrderAndEqualOnesAsTheyCame) {
  const Annotation annotation("call", mixed());
  const std::vector<Turn> expected = {
      {{0.0, 1.0}, "B"}, {{0.0, 2.0}, "A"}, {{3.0, 3.25}, "A"}, {{5.0, 6.0}, "B"}, {{5.0, 6.0}, "A"}};
  EXPECT_EQ(annotation.turns(), expected);
}

TEST(Annotation, AddInsertsAtTheSamePlaceAsTheConstructor) {
  Annotation annotation("call");
  for (const Turn& turn : mixed()) annotation.add(turn);
  EXPECT_EQ(annotation, Annotation("call", mixed()));
  // Equal to two others: after both.
  annotation.add({{5.0, 6.0}, "C"});
  EXPECT_EQ(annotation.turns().back().speaker, "C");
}

TEST(Annotation, SpeakersAreDistinctAndSorted) {
  EXPECT_EQ(Annotation("call", mixed()).speakers(), (std::vector<std::string>{"A", "B"}));
  EXPECT_TRUE(Annotation("call").speakers().empty());
}

TEST(Annotation, TotalsCountTurnsAndSecondsOfEach) {
  const auto totals = Annotation("call", mixed()).totals();
  ASSERT_EQ(totals.size(), 2u);
  EXPECT_EQ(totals[0].speaker, "A");
  EXPECT_DOUBLE_EQ(totals[0].speech_s, 3.25);
  EXPECT_EQ(totals[0].num_turns, 3u);
  EXPECT_DOUBLE_EQ(totals[1].speech_s, 2.0);
  EXPECT_EQ(totals[1].num_turns, 2u);
}

// The last turn to begin is not the last to end.
TEST(Annotation, EndIsThatOfTheLongestReach) {
  EXPECT_EQ(Annotation("call", {{{0.0, 9.0}, "A"}, {{1.0, 2.0}, "B"}}).end_s(), 9.0);
  EXPECT_EQ(Annotation("call").end_s(), 0.0);
}

TEST(Annotation, ShortTurnsAreLeftOutAndTheNameKept) {
  const Annotation kept = Annotation("call", mixed()).without_short_turns(1.0);
  EXPECT_EQ(kept.uri(), "call");
  EXPECT_EQ(kept.turns().size(), 4u);
  EXPECT_EQ(Annotation("call", mixed()).without_short_turns(0.0), Annotation("call", mixed()));
  EXPECT_TRUE(Annotation("call", mixed()).without_short_turns(2.5).empty());
}

TEST(Annotation, EmptySegmentsHaveNoLength) {
  EXPECT_EQ((Segment{2.0, 1.0}).duration_s(), 0.0);
  EXPECT_EQ((Segment{1.0, 1.0}).duration_s(), 0.0);
  EXPECT_EQ((Segment{1.0, 3.0}).duration_s(), 2.0);
}

}  // namespace
}  // namespace diar
