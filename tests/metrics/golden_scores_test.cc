// Every score beside pyannote.metrics' own on 300 nasty and random pairs (tools/metrics/ made them), and JER
// beside its definition. A missing file fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "diar/metrics.h"
#include "test_paths.h"

namespace diar {
namespace {

using Json = nlohmann::json;

// Sums of at most a few hundred terms below 1e5 s: only their rounding differs.
constexpr double kTolerance = 1e-9;

const Json& golden() {
  static const Json kGolden = [] {
    std::ifstream file(std::string(DIAR_TEST_DATA) + "/metrics/golden.json");
    return Json::parse(file, nullptr, /*allow_exceptions=*/false);
  }();
  return kGolden;
}

Annotation annotation_of(const Json& turns) {
  std::vector<Turn> result;
  for (const Json& turn : turns) {
    result.push_back({{turn[0].get<double>(), turn[1].get<double>()}, turn[2].get<std::string>()});
  }
  return Annotation("talk", std::move(result));
}

struct Case {
  std::string name;
  Annotation reference;
  Annotation hypothesis;
  ScoringOptions options;
  Json expected;
};

std::vector<Case> cases() {
  std::vector<Case> result;
  if (!golden().is_object()) return result;
  for (const Json& json : golden()["cases"]) {
    Case one{json["name"],
             annotation_of(json["reference"]),
             annotation_of(json["hypothesis"]),
             {json["collar"], json["skip_overlap"], std::nullopt},
             json["expected"]};
    if (!json["uem"].is_null()) {
      one.options.uem.emplace();
      for (const Json& region : json["uem"]) one.options.uem->push_back({region[0], region[1]});
    }
    result.push_back(std::move(one));
  }
  return result;
}

TEST(GoldenScores, ThereAreEnough) {
  ASSERT_TRUE(golden().is_object()) << "tests/data/metrics/golden.json is missing or damaged";
  EXPECT_GE(cases().size(), 300u);
  EXPECT_EQ(golden()["made_by"]["pyannote.metrics"], "4.2.0");
}

TEST(GoldenScores, DiarizationErrorRateAndItsParts) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const auto found = diarization_error_rate(one.reference, one.hypothesis, one.options);
    const Json& expected = one.expected["diarization"];
    EXPECT_NEAR(found.total_s, expected["total"].get<double>(), kTolerance);
    EXPECT_NEAR(found.correct_s, expected["correct"].get<double>(), kTolerance);
    EXPECT_NEAR(found.missed_detection_s, expected["missed detection"].get<double>(), kTolerance);
    EXPECT_NEAR(found.false_alarm_s, expected["false alarm"].get<double>(), kTolerance);
    EXPECT_NEAR(found.confusion_s, expected["confusion"].get<double>(), kTolerance);
    EXPECT_NEAR(found.rate(), expected["diarization error rate"].get<double>(), kTolerance);
  }
}

// Ties included: equal sums are decided as scipy does after pyannote's renaming.
TEST(GoldenScores, MappingOfSpeakers) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(optimal_mapping(one.reference, one.hypothesis, one.options),
              (one.expected["mapping"].get<std::map<std::string, std::string>>()));
  }
}

TEST(GoldenScores, JaccardErrorRate) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const auto found = jaccard_error_rate(one.reference, one.hypothesis, one.options);
    const Json& expected = one.expected["jaccard"];
    EXPECT_EQ(found.num_reference_speakers, expected["reference"].get<std::size_t>());
    EXPECT_EQ(found.num_hypothesis_speakers, expected["hypothesis"].get<std::size_t>());
    EXPECT_NEAR(found.error_sum, expected["error_sum"].get<double>(), kTolerance);
    EXPECT_NEAR(found.rate(), expected["rate"].get<double>(), kTolerance);
  }
}

TEST(GoldenScores, DetectionErrorRate) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const auto found = detection_error_rate(one.reference, one.hypothesis, one.options);
    const Json& expected = one.expected["detection"];
    EXPECT_NEAR(found.total_s, expected["total"].get<double>(), kTolerance);
    EXPECT_NEAR(found.missed_detection_s, expected["miss"].get<double>(), kTolerance);
    EXPECT_NEAR(found.false_alarm_s, expected["false alarm"].get<double>(), kTolerance);
    EXPECT_NEAR(found.rate(), expected["detection error rate"].get<double>(), kTolerance);
  }
}

TEST(GoldenScores, PurityAndCoverage) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const auto purity = cluster_purity(one.reference, one.hypothesis, one.options);
    const auto coverage = cluster_purity(one.hypothesis, one.reference, one.options);
    EXPECT_NEAR(purity.total_s, one.expected["purity"]["total"].get<double>(), kTolerance);
    EXPECT_NEAR(purity.correct_s, one.expected["purity"]["correct"].get<double>(), kTolerance);
    EXPECT_NEAR(purity.rate(), one.expected["purity"]["purity"].get<double>(), kTolerance);
    EXPECT_NEAR(coverage.correct_s, one.expected["coverage"]["correct"].get<double>(), kTolerance);
    EXPECT_NEAR(coverage.rate(), one.expected["coverage"]["coverage"].get<double>(), kTolerance);
  }
}

TEST(GoldenScores, SpeakerCounts) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const auto found = speaker_counts(one.reference, one.hypothesis, one.options);
    EXPECT_EQ(static_cast<double>(found.error()), one.expected["speaker_count_error"].get<double>());
  }
}

TEST(GoldenScores, TotalsOverRecordings) {
  DiarizationScores total;
  for (const Case& one : cases()) {
    if (one.options.collar_s > 0.0 || one.options.skip_overlap) continue;
    total += score_diarization(one.reference, one.hypothesis, one.options);
  }
  const Json& expected = golden()["total"];
  ASSERT_EQ(total.num_recordings, expected["cases"].get<std::size_t>());
  EXPECT_NEAR(total.diarization.rate(), expected["diarization"].get<double>(), kTolerance);
  EXPECT_NEAR(total.jaccard.rate(), expected["jaccard"].get<double>(), kTolerance);
  EXPECT_NEAR(total.detection.rate(), expected["detection"].get<double>(), kTolerance);
  EXPECT_NEAR(total.purity.rate(), expected["purity"].get<double>(), kTolerance);
  EXPECT_NEAR(total.coverage.rate(), expected["coverage"].get<double>(), kTolerance);
  EXPECT_NEAR(static_cast<double>(total.speaker_count_error) / static_cast<double>(total.num_recordings),
              expected["speaker_count_error"].get<double>(), kTolerance);
}

}  // namespace
}  // namespace diar
