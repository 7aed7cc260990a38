// Calibrating on the book itself: what was bent comes out straight.
#include <gtest/gtest.h>

#include "diar/errors.h"
#include "diar/voices.h"
#include "voice_samples.h"

namespace diar {
namespace {

using voices_test::PlainScoring;
using voices_test::Population;
using voices_test::sample_of;

VoiceBook book_of(Population& population, int num_people, int num_samples) {
  VoiceBook book;
  for (int i = 0; i < num_people; ++i) {
    const auto person = population.person();
    for (int s = 0; s < num_samples; ++s)
      book.add("p" + std::to_string(i), sample_of(population.sample(person)), "e");
  }
  return book;
}

TEST(Calibration, HonestScoresStayAsTheyAre) {
  Population population(12, 1.5, 21);
  const VoiceBook book = book_of(population, 120, 3);
  const CalibrationReport report = fit_calibration(book, population.scoring());
  EXPECT_EQ(report.num_same, 360u);
  EXPECT_GT(report.num_different, 30000u);
  // Honest ratios cost least as they are; two numbers fitted to 360 trials stray by some hundredths.
  EXPECT_NEAR(report.calibration.scale, 1.0, 0.15);
  EXPECT_NEAR(report.calibration.offset, 0.0, 0.5);
  EXPECT_LE(report.cost_after, report.cost_before);
}

TEST(Calibration, OverconfidentScoresAreToned) {
  Population population(12, 1.5, 22);
  const VoiceBook book = book_of(population, 120, 3);
  // A scoring that believes that people differ five times as much: too sure of everything.
  const PlainScoring wrong(std::vector<double>(12, 7.5));
  const CalibrationReport report = fit_calibration(book, wrong);
  EXPECT_LT(report.cost_after, report.cost_before - 0.02);
  // The calibrated ratios are honest on people whom the fit has not seen: of those called likelier than not
  // with some probability, as many are right.
  const VoiceBook fresh = book_of(population, 120, 3);
  CalibrationReport again = fit_calibration(fresh, wrong, report.calibration);
  EXPECT_LT(again.cost_before, again.cost_after + 0.02);
}

TEST(Calibration, TakesTenPeopleWithTwoSamples) {
  Population population(4, 2.0, 23);
  VoiceBook book = book_of(population, 9, 2);
  book.add("single", sample_of(population.sample(population.person())), "e");
  EXPECT_THROW(fit_calibration(book, population.scoring()), InvalidArgument);
  book.add("single", sample_of(population.sample(population.person())), "e");
  EXPECT_GT(fit_calibration(book, population.scoring()).calibration.scale, 0.0);
}

TEST(Calibration, SeparablePeopleGiveAFiniteScale) {
  VoiceBook book;
  for (int i = 0; i < 12; ++i) {
    for (int s = 0; s < 2; ++s) {
      std::vector<float> x(12, 0.01f * static_cast<float>(s));
      x[static_cast<std::size_t>(i)] = 40.0f;
      book.add("p" + std::to_string(i), sample_of(x), "e");
    }
  }
  const CalibrationReport report = fit_calibration(book, PlainScoring(std::vector<double>(12, 4.0)));
  EXPECT_TRUE(report.calibration.scale > 0.0 && report.calibration.scale < 100.0) << report.calibration.scale;
}

}  // namespace
}  // namespace diar
