#include <gtest/gtest.h>

#include "diar/errors.h"
#include "diar/metrics.h"

namespace diar {
namespace {

Annotation talk(std::vector<Turn> turns) {
  return Annotation("talk", std::move(turns));
}

TEST(DiarizationErrorRate, NamesDoNotMatter) {
  const auto score = diarization_error_rate(talk({{{0, 10}, "anna"}, {{10, 15}, "boris"}}),
                                            talk({{{0, 10}, "x"}, {{10, 15}, "a"}}));
  EXPECT_DOUBLE_EQ(score.total_s, 15.0);
  EXPECT_DOUBLE_EQ(score.rate(), 0.0);
}

TEST(DiarizationErrorRate, CountsEachKindOfError) {
  // 0-2 missed, 2-8 right, 8-10 the wrong speaker, 10-11 nobody in the reference, 11-13 right.
  const auto score =
      diarization_error_rate(talk({{{0, 10}, "a"}, {{11, 13}, "b"}}), talk({{{2, 8}, "x"}, {{8, 13}, "y"}}));
  EXPECT_DOUBLE_EQ(score.missed_detection_s, 2.0);
  EXPECT_DOUBLE_EQ(score.confusion_s, 2.0);
  EXPECT_DOUBLE_EQ(score.false_alarm_s, 1.0);
  EXPECT_DOUBLE_EQ(score.correct_s, 8.0);
  EXPECT_DOUBLE_EQ(score.rate(), 5.0 / 12.0);
}

TEST(DiarizationErrorRate, OverlapIsScoredOrLeftOut) {
  const Annotation reference = talk({{{0, 10}, "a"}, {{5, 10}, "b"}});
  const Annotation hypothesis = talk({{{0, 10}, "x"}});
  EXPECT_DOUBLE_EQ(diarization_error_rate(reference, hypothesis).missed_detection_s, 5.0);
  EXPECT_DOUBLE_EQ(diarization_error_rate(reference, hypothesis, {.skip_overlap = true}).rate(), 0.0);
}

TEST(DiarizationErrorRate, CollarForgivesBoundaries) {
  const Annotation reference = talk({{{1, 5}, "a"}});
  const Annotation hypothesis = talk({{{1.1, 4.9}, "x"}});
  EXPECT_NEAR(diarization_error_rate(reference, hypothesis).missed_detection_s, 0.2, 1e-12);
  const auto forgiving = diarization_error_rate(reference, hypothesis, {.collar_s = 0.25});
  EXPECT_DOUBLE_EQ(forgiving.missed_detection_s, 0.0);
  EXPECT_NEAR(forgiving.total_s, 3.75, 1e-12);
  EXPECT_THROW(diarization_error_rate(reference, hypothesis, {.collar_s = -1.0}), InvalidArgument);
}

TEST(DiarizationErrorRate, EmptySides) {
  EXPECT_DOUBLE_EQ(diarization_error_rate(talk({}), talk({})).rate(), 0.0);
  EXPECT_DOUBLE_EQ(diarization_error_rate(talk({{{0, 1}, "a"}}), talk({})).rate(), 1.0);
  EXPECT_DOUBLE_EQ(diarization_error_rate(talk({}), talk({{{0, 1}, "a"}})).rate(), 1.0);
}

}  // namespace
}  // namespace diar
