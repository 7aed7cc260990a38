// The written JSON against the published schema, with as much of JSON Schema as that schema uses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "diar/errors.h"
#include "samples.h"
#include "schema_validator.h"
#include "test_paths.h"

namespace diar {
namespace {

Validator published() {
  return Validator(json::parse(std::ifstream(DIAR_SOURCE_DIR "/docs/schema/diarization.schema.json")));
}

ResultDocument full_document() {
  ResultDocument document(nasty_annotation());
  document.exclusive = without_empty_turns(random_annotation(4));
  document.duration_s = 400000.0;
  document.input = "talk.wav";
  document.embeddings = {{"SPEAKER_00", {0.1f, -2.5f, 1e-9f}}, {"SPEAKER_01", {}}};
  document.run =
      RunInfo{"0.1.0", "starter", "/models/starter", "bundled", "cpu (AVX2)", 1.25, StageTimings{}, "exact"};
  document.run->timings->total_s = 1.2;
  return document;
}

TEST(JsonSchema, HoldsForFullAndForBareDocuments) {
  for (const ResultDocument& document :
       {full_document(), ResultDocument(Annotation("x")), ResultDocument(random_annotation(7))}) {
    const json value = json::parse(to_format(document, "json"));
    EXPECT_THAT(published().problems(value), ::testing::IsEmpty());
  }
}

TEST(JsonSchema, FindsFaults) {
  json value = json::parse(to_format(full_document(), "json"));
  value["turns"][0].erase("speaker");
  value["duration_s"] = -1;
  value["frobnication"] = true;
  EXPECT_EQ(published().problems(value).size(), 3u);
}

TEST(Json, KeepsEverythingBothWays) {
  const ResultDocument document = full_document();
  FormatOptions one_line;
  one_line.one_line = true;
  const std::string line = to_format(document, "json", one_line);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(json::parse(line), json::parse(to_format(document, "json")));
  const auto back = parse_format(line, "json", "f");
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(to_format(back[0], "json", one_line), line);
  EXPECT_EQ(back[0].embeddings[0].values, document.embeddings[0].values);
}

TEST(Json, KeepsConfidencesAndIdentities) {
  ResultDocument document(Annotation(
      "x", {{{0.0, 2.0}, "Ann", 0.875f}, {{2.0, 3.0}, "SPEAKER_01", {}}, {{3.0, 4.0}, "Ann", 0.0f}}));
  document.identities = {
      {"Ann", "Ann", IdentityReason::kNamed, 3.0, {{"Ann", 4.5, 0.98}, {"Bo", -7.25, 0.001}}},
      {"SPEAKER_01", "", IdentityReason::kLittleSpeech, 1.0, {}}};
  const std::string text = to_format(document, "json");
  EXPECT_THAT(published().problems(json::parse(text)), ::testing::IsEmpty());
  const ResultDocument back = parse_format(text, "json", "f").at(0);
  EXPECT_EQ(back.diarization, document.diarization);
  EXPECT_EQ(back.identities, document.identities);
  // Names that change take the identities along.
  EXPECT_EQ(renamed(document, {{"Ann", "Bea"}}).identities[0].speaker, "Bea");
  for (const char* bad : {R"("confidence":0.875)", R"("reason":"named")", R"("llr":4.5)"}) {
    std::string broken = text;
    const std::size_t at = broken.find(bad);
    ASSERT_NE(at, std::string::npos) << bad;
    const std::size_t value = at + std::string_view(bad).find(':') + 1;
    broken.replace(value, at + std::string_view(bad).size() - value, "\"7\"");
    EXPECT_THROW(parse_format(broken, "json", "f"), InputError) << bad;
  }
}

TEST(Csv, KeepsConfidences) {
  const ResultDocument document(
      Annotation("x", {{{0.0, 2.0}, "Ann", 0.875f}, {{2.0, 3.0}, "Bo", {}}, {{3.0, 4.0}, "Ann", 1.0f}}));
  const std::string text = to_format(document, "csv");
  EXPECT_EQ(text,
            "uri,start_s,end_s,speaker,confidence\nx,0.000,2.000,Ann,0.875\nx,2.000,3.000,Bo,\n"
            "x,3.000,4.000,Ann,1.000\n");
  EXPECT_EQ(parse_format(text, "csv", "f").at(0).diarization, document.diarization);
}

TEST(Json, CountsOverlapOnce) {
  // A 0-4, B 1-3, C 2-5: two or more speak from 1 to 4, and one speaker's own overlap is none.
  const ResultDocument document(Annotation("x", {turn_ms(0, 4000, "A"), turn_ms(1000, 3000, "B"),
                                                 turn_ms(2000, 5000, "C"), turn_ms(3500, 4500, "C")}));
  const json value = json::parse(to_format(document, "json"));
  EXPECT_EQ(value["overlap"], json::parse(R"([{"start_s": 1.0, "end_s": 4.0}])"));
  EXPECT_DOUBLE_EQ(value["overlap_s"].get<double>(), 3.0);
  EXPECT_DOUBLE_EQ(value["speech_s"].get<double>(), 5.0);
}

}  // namespace
}  // namespace diar
