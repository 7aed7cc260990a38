// Files of tuned parameters: round trip, and every way to be refused.
#include "diar/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diar/errors.h"

namespace diar {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& text) {
  try {
    parse_parameters(text, "p.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing refused";
}

std::string with(const std::string& members) {
  return R"({"format": "diarize.cpp parameters", "version": 1)" + members + "}";
}

TEST(Parameters, RoundTrip) {
  const PipelineParameters all{0.1 + 0.2, 1e-6, 12.5, 0.0};
  EXPECT_EQ(parse_parameters(to_json(all), "p.json"), all);
  const PipelineParameters some{.threshold = std::nullopt, .fa = 0.07, .fb = {}, .min_duration_off_s = {}};
  EXPECT_EQ(parse_parameters(to_json(some), "p.json"), some);
  EXPECT_THAT(to_json(some), Not(HasSubstr("threshold")));
}

TEST(Parameters, NotesOfTheTuningPlayNoPart) {
  EXPECT_EQ(*parse_parameters(with(R"(, "fb": 2, "tuning": {"trials": [1, {"x": 2}]})"), "p.json").fb, 2.0);
}

TEST(Parameters, Refusals) {
  EXPECT_THAT(refusal(""), HasSubstr("not a parameter file"));
  EXPECT_THAT(refusal("[1, 2"), HasSubstr("not a parameter file"));
  EXPECT_THAT(refusal(R"({"threshold": 0.5})"), HasSubstr("not a parameter file"));
  EXPECT_THAT(refusal(R"({"format": "diarize.cpp parameters", "version": 2})"), HasSubstr("unknown version"));
  EXPECT_THAT(refusal(with(R"(, "treshold": 0.5)")), HasSubstr("unknown parameter 'treshold'"));
  EXPECT_THAT(refusal(with(R"(, "fa": "0.5")")), HasSubstr("'fa' is not a number"));
  EXPECT_THAT(refusal(with(R"(, "fa": 0)")), HasSubstr("'fa' must lie between"));
  EXPECT_THAT(refusal(with(R"(, "threshold": 2.5)")), HasSubstr("'threshold' must lie between"));
  EXPECT_THAT(refusal(with(R"(, "min_duration_off_s": -1)")), HasSubstr("'min_duration_off_s' must lie"));
  EXPECT_THAT(refusal(with(", \"tuning\": " + std::string(5000, '[') + std::string(5000, ']'))),
              HasSubstr("nested too deeply"));
  EXPECT_THROW(read_parameters_file("/no/such/file"), InputError);
  EXPECT_THROW(read_parameters_file("/"), InputError);
  EXPECT_THROW(check_parameters({.threshold = 3.0, .fa = {}, .fb = {}, .min_duration_off_s = {}}),
               InvalidArgument);
}

}  // namespace
}  // namespace diar
