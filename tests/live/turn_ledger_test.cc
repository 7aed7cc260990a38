// Turns as they change, and what a consumer is told of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "session/turn_ledger.h"

namespace diar {
namespace {

LabelTurn turn(std::int32_t label, double start_s, double end_s, TurnState state = TurnState::kTentative) {
  return {label, {start_s, end_s}, state};
}

std::vector<LiveEvent> told(TurnLedger& ledger) {
  std::vector<LiveEvent> events;
  ledger.collect(events);
  return events;
}

TEST(TurnLedger, ATurnThatGrowsKeepsItsId) {
  TurnLedger ledger;
  ledger.update({turn(0, 1.0, 2.0)});
  const auto first = told(ledger);
  ASSERT_EQ(first.size(), 1u);
  const LiveTurn shown = std::get<TurnShown>(first[0]).turn;
  EXPECT_EQ(shown.speaker, "SPEAKER_00");
  ledger.update({turn(0, 1.0, 3.5)});
  ledger.update({turn(0, 1.1, 4.0), turn(1, 4.0, 4.5)});
  const auto second = told(ledger);
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(std::get<TurnShown>(second[0]).turn.id, shown.id);
  EXPECT_EQ(std::get<TurnShown>(second[0]).turn.segment, (Segment{1.1, 4.0}));
  EXPECT_GT(std::get<TurnShown>(second[1]).turn.id, shown.id);
  EXPECT_TRUE(told(ledger).empty());
}

TEST(TurnLedger, AnotherSpeakerIsARevision) {
  TurnLedger ledger;
  ledger.update({turn(0, 0.0, 2.0), turn(1, 2.0, 4.0)});
  told(ledger);
  ledger.update({turn(0, 0.0, 2.0), turn(2, 2.1, 4.2)});
  const auto events = told(ledger);
  ASSERT_EQ(events.size(), 1u);
  const auto& revised = std::get<TurnRevised>(events[0]);
  EXPECT_EQ(revised.old_speaker, "SPEAKER_01");
  EXPECT_EQ(revised.turn.speaker, "SPEAKER_02");
  EXPECT_EQ(revised.turn.segment, (Segment{2.1, 4.2}));
}

TEST(TurnLedger, WhatIsGoneIsRemovedOnceAndNeverToldWhenNeverShown) {
  TurnLedger ledger;
  ledger.update({turn(0, 0.0, 2.0)});
  told(ledger);
  ledger.update({turn(1, 5.0, 6.0)});
  ledger.update({});
  const auto events = told(ledger);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<TurnRemoved>(events[0]).id, 1u);
  EXPECT_TRUE(told(ledger).empty());
}

TEST(TurnLedger, TurnsThatBecomeOneAndOneThatBecomesTwo) {
  TurnLedger ledger;
  ledger.update({turn(0, 0.0, 1.0), turn(0, 1.5, 3.0)});
  told(ledger);
  ledger.update({turn(0, 0.0, 3.0)});
  auto events = told(ledger);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<TurnShown>(events[0]).turn.id, 1u);
  EXPECT_EQ(std::get<TurnRemoved>(events[1]).id, 2u);
  ledger.update({turn(0, 0.0, 1.0), turn(0, 2.0, 3.0)});
  events = told(ledger);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<TurnShown>(events[0]).turn.id, 1u);
  EXPECT_EQ(std::get<TurnShown>(events[1]).turn.id, 3u);
}

// Replay at any time gives what there is, however seldom the consumer asks.
TEST(TurnLedger, ReplayIsWhatThereIs) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    TurnLedger ledger;
    LiveTurns replay;
    std::vector<LabelTurn> turns;
    for (int change = 0; change < 30; ++change) {
      turns.clear();
      for (std::int32_t label = 0; label < 3; ++label) {
        double at_s = 0.1 * static_cast<double>(random() % 20);
        while (at_s < 10.0) {
          const double end_s = at_s + 0.1 * static_cast<double>(1 + random() % 30);
          turns.push_back(
              turn(label, at_s, end_s, random() % 2 == 0 ? TurnState::kStable : TurnState::kTentative));
          at_s = end_s + 0.1 * static_cast<double>(1 + random() % 30);
        }
      }
      std::stable_sort(turns.begin(), turns.end(), [](const LabelTurn& a, const LabelTurn& b) {
        return a.segment.start_s < b.segment.start_s;
      });
      ledger.update(turns);
      if (random() % 4 == 0) {
        for (const LiveEvent& event : told(ledger)) replay.apply(event);
      }
    }
    ledger.finish(turns);
    for (const LiveEvent& event : told(ledger)) replay.apply(event);
    std::vector<Turn> expected;
    for (const LabelTurn& one : turns) expected.push_back({one.segment, live_label(one.label)});
    ASSERT_EQ(replay.annotation("x"), Annotation("x", expected));
  }
}

TEST(TurnLedger, FinishPutsEqualTurnsInTheOrderOfTheResult) {
  TurnLedger ledger;
  LiveTurns replay;
  ledger.update({turn(0, 1.0, 2.0), turn(1, 1.0, 2.0), turn(2, 1.0, 2.0)});
  for (const LiveEvent& event : told(ledger)) replay.apply(event);
  ledger.finish({turn(2, 1.0, 2.0), turn(0, 1.0, 2.0), turn(1, 1.0, 2.0)});
  for (const LiveEvent& event : told(ledger)) replay.apply(event);
  const Annotation result = replay.annotation("x");
  ASSERT_EQ(result.turns().size(), 3u);
  EXPECT_EQ(result.turns()[0].speaker, "SPEAKER_02");
  EXPECT_EQ(result.turns()[1].speaker, "SPEAKER_00");
  EXPECT_EQ(result.turns()[2].speaker, "SPEAKER_01");
}

TEST(TurnLedger, RetiredTurnsAreToldOnceAndBounded) {
  TurnLedger ledger;
  std::vector<LabelTurn> turns;
  for (int i = 0; i < 50; ++i) turns.push_back(turn(0, i, i + 0.5, TurnState::kStable));
  ledger.update(turns);
  EXPECT_EQ(ledger.retire(40.0, 10).size(), 40u);
  EXPECT_EQ(told(ledger).size(), 20u);  // the last ten of the retired ones, and what is left
  EXPECT_EQ(ledger.turns().size(), 10u);
  EXPECT_TRUE(told(ledger).empty());
}

}  // namespace
}  // namespace diar
