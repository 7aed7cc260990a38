// model.json: each mode's own clustering parameters, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diar/errors.h"
#include "models/model_directory.h"

namespace diar {
namespace {

using ::testing::HasSubstr;

ModelConfig parse(const std::string& clustering) {
  return parse_model_json(
      R"({"format": "diarize.cpp model", "version": 1, "clustering": )" + clustering + "}", "model.json");
}

std::string refusal(const std::string& clustering) {
  try {
    parse(clustering);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

TEST(ModelConfig, AModeWithoutNumbersHasNone) {
  const ModelConfig config = parse(R"({"threshold": 0.5, "fa": 0.1, "fb": 2})");
  EXPECT_EQ(config.parameters, (PipelineParameters{0.5, 0.1, 2.0, 0.0}));
  EXPECT_TRUE(config.parameters_at.empty());
}

TEST(ModelConfig, AModeTakesWhatItDoesNotSayFromTheExactOne) {
  const ModelConfig config =
      parse(R"({"threshold": 0.5, "fa": 0.1, "fb": 2, "faster": {"fb": 3, "threshold": 0.7}})");
  EXPECT_EQ(config.parameters, (PipelineParameters{0.5, 0.1, 2.0, 0.0}));
  ASSERT_EQ(config.parameters_at.size(), 1u);
  EXPECT_EQ(config.parameters_of(Speed::kFaster), (PipelineParameters{0.7, 0.1, 3.0, 0.0}));
  EXPECT_EQ(config.parameters_of(Speed::kFast), config.parameters);
}

TEST(ModelConfig, AModesNumbersAreChecked) {
  EXPECT_THAT(refusal(R"({"faster": {"threshold": 3}})"), HasSubstr("'threshold' must lie between"));
  EXPECT_THAT(refusal(R"({"fast": {"fa": "0.1"}})"), HasSubstr("'fa' is not a number"));
  EXPECT_THAT(refusal(R"({"fast": 1})"), HasSubstr("'fast' is not an object"));
}

ModelConfig parse_with(const std::string& members) {
  return parse_model_json(R"({"format": "diarize.cpp model", "version": 1, )" + members + "}", "model.json");
}

// A model without them is community-1: its own way with numbers of speakers, and raw scores.
TEST(ModelConfig, ProfileAndCalibrations) {
  const ModelConfig plain = parse("{}");
  EXPECT_EQ(plain.profile, Profile::kPyannote);
  EXPECT_EQ(plain.voices, VoiceCalibration{});
  const ModelConfig config = parse_with(
      R"("profile": "best", "voices": {"scale": 0.25, "offset": -1}, "confidence": {"share": 2, "ece": 0.03})");
  EXPECT_EQ(config.profile, Profile::kBest);
  EXPECT_EQ(config.voices, (VoiceCalibration{0.25, -1.0}));
  EXPECT_EQ(config.confidence.share, 2.0);
  EXPECT_EQ(config.confidence.margin, ConfidenceModel{}.margin);
  for (const char* bad :
       {R"("profile": "better")", R"("voices": {"scale": 0})", R"("voices": {"offset": "1"})",
        R"("confidence": {"bias": 1e9})", R"("confidence": 3)"})
    EXPECT_THROW(parse_with(bad), ModelError) << bad;
}

std::string refused_segmentation(const std::string& segmentation) {
  try {
    parse_model_json(R"({"format": "diarize.cpp model", "version": 1, "segmentation": )" + segmentation + "}",
                     "some/model.json");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

TEST(ModelConfig, AStepNeverExceedsTheWindow) {
  for (const char* segmentation : {R"({"step_s": 11})", R"({"duration_s": 5, "step_s": 5.5})",
                                   R"({"duration_s": 100, "step_s": 100.5})"}) {
    EXPECT_THAT(refused_segmentation(segmentation),
                testing::AllOf(HasSubstr("some/model.json"), HasSubstr("step")))
        << segmentation;
  }
  EXPECT_EQ(refused_segmentation(R"({"duration_s": 5, "step_s": 5})"), "");
  EXPECT_THROW(parse_config_yaml("pipeline: {params: {segmentation_step: 1.1}}", "config.yaml"), ModelError);
}

}  // namespace
}  // namespace diar
