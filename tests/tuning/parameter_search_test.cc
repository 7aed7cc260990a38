// The search on errors whose smallest value is known.
#include "tuning/parameter_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "diar/errors.h"

namespace diar {
namespace {

const PipelineParameters kInitial{0.6, 0.07, 0.8, 0.0};

DiarizationErrorRate error_of(double rate) {
  DiarizationErrorRate error;
  error.total_s = 1.0;
  error.confusion_s = rate;
  return error;
}

// A bowl with its floor at threshold 0.9, fa 0.3, fb 4, no filling.
DiarizationErrorRate bowl(const PipelineParameters& at) {
  return error_of(0.1 + std::pow(*at.threshold - 0.9, 2) + 0.1 * std::pow(std::log(*at.fa / 0.3), 2) +
                  0.1 * std::pow(std::log(*at.fb / 4.0), 2) + 0.2 * *at.min_duration_off_s);
}

TuningOptions with(std::size_t num_trials, std::uint64_t seed = 1) {
  TuningOptions options;
  options.num_trials = num_trials;
  options.seed = seed;
  return options;
}

TEST(ParameterSearch, FindsTheFloorOfABowl) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const TuningResult result = search_parameters(kInitial, bowl, with(400, seed), {});
    EXPECT_EQ(result.initial.parameters, kInitial);
    EXPECT_LT(result.best.error.rate(), 0.1005);
    EXPECT_NEAR(*result.best.parameters.threshold, 0.9, 0.03);
    EXPECT_NEAR(std::log(*result.best.parameters.fa / 0.3), 0.0, 0.1);
    EXPECT_NEAR(std::log(*result.best.parameters.fb / 4.0), 0.0, 0.1);
    EXPECT_EQ(*result.best.parameters.min_duration_off_s, 0.0);
  }
}

TEST(ParameterSearch, TriesExactlyAsManySetsAsAllowedAndNoneTwice) {
  for (const std::size_t num_trials : {1, 2, 3, 50, 301}) {
    std::set<std::string> tried;
    std::size_t calls = 0;
    const auto result = search_parameters(
        kInitial, [](const PipelineParameters&) { return error_of(0.5); }, with(num_trials),
        [&](const TuningTrial& trial) {
          EXPECT_EQ(trial.number, ++calls);
          EXPECT_NO_THROW(check_parameters(trial.parameters));
          return tried.insert(to_json(trial.parameters)).second;
        });
    EXPECT_EQ(calls, num_trials);
    EXPECT_EQ(tried.size(), num_trials);
    EXPECT_EQ(result.num_trials, num_trials);
    // Nothing was better than what the model had.
    EXPECT_EQ(result.best.parameters, kInitial);
    EXPECT_EQ(result.best.number, 1u);
  }
}

TEST(ParameterSearch, EqualSeedsGiveEqualResults) {
  const auto run = [](std::uint64_t seed) {
    std::vector<std::string> tried;
    search_parameters(kInitial, bowl, with(60, seed), [&](const TuningTrial& trial) {
      tried.push_back(to_json(trial.parameters));
      return true;
    });
    return tried;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(ParameterSearch, ValuesOutsideTheRangesMayBeTheModels) {
  const PipelineParameters far{1.9, 1e-5, 1e5, 90.0};
  const TuningResult result = search_parameters(far, bowl, with(300), {});
  EXPECT_EQ(result.initial.parameters, far);
  EXPECT_LT(result.best.error.rate(), 0.11);
}

TEST(ParameterSearch, Stops) {
  EXPECT_THROW(
      search_parameters(kInitial, bowl, with(50), [](const TuningTrial& trial) { return trial.number < 3; }),
      Cancelled);
}

}  // namespace
}  // namespace diar
