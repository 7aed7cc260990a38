// diarize score: files, directories, UEMs, the table and the JSON, and clear refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string line(const std::string& uri, double start_s, double duration_s, const std::string& speaker) {
  return "SPEAKER " + uri + " 1 " + std::to_string(start_s) + " " + std::to_string(duration_s) +
         " <NA> <NA> " + speaker + " <NA> <NA>\n";
}

class Score : public ::testing::Test {
 protected:
  // Two recordings on each side: "one" is half missed, "two" is right.
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() / "ref");
    std::filesystem::create_directories(folder_.path() / "hyp");
    write("ref/one.rttm", line("one", 0, 10, "anna"));
    write("ref/two.rttm", line("two", 0, 20, "anna") + line("two", 20, 10, "boris"));
    write("hyp/one.rttm", line("one", 5, 5, "A"));
    write("hyp/two.rttm", line("two", 0, 20, "B") + line("two", 20, 10, "A"));
  }
  void write(const std::string& name, const std::string& text) { write_text(folder_.path() / name, text); }
  std::string path(const std::string& name) const { return folder_.file(name); }
  CommandResult score(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"score"});
    return run_diarize(arguments);
  }
  nlohmann::json score_json(std::vector<std::string> arguments) const {
    arguments.push_back("--json");
    const CommandResult result = score(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out, nullptr, false);
  }

  TemporaryDirectory folder_;
};

TEST_F(Score, OneFile) {
  const CommandResult result = score({path("ref/one.rttm"), path("hyp/one.rttm")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("DER %"));
  EXPECT_THAT(result.out, HasSubstr("one            10.0   50.00   50.00    0.00     0.00   50.00"));
}

TEST_F(Score, SingleRecordingsNeedNoEqualNames) {
  const auto report = score_json({path("ref/one.rttm"), path("hyp/two.rttm")});
  EXPECT_DOUBLE_EQ(report["total"]["total_s"], 10.0);
  EXPECT_DOUBLE_EQ(report["total"]["false_alarm_s"], 20.0);
}

TEST_F(Score, DirectoriesAndTotals) {
  const auto report = score_json({path("ref"), path("hyp"), "--per-file"});
  EXPECT_EQ(report["total"]["recordings"], 2);
  EXPECT_DOUBLE_EQ(report["total"]["total_s"], 40.0);
  EXPECT_DOUBLE_EQ(report["total"]["der"], 5.0 / 40.0);
  EXPECT_DOUBLE_EQ(report["total"]["jer"], 0.5 / 3.0);
  EXPECT_DOUBLE_EQ(report["total"]["purity"], 1.0);
  EXPECT_DOUBLE_EQ(report["total"]["coverage"], 35.0 / 40.0);
  EXPECT_DOUBLE_EQ(report["total"]["detection_error_rate"], 5.0 / 40.0);
  EXPECT_DOUBLE_EQ(report["total"]["speaker_count_error"], 0.0);
  ASSERT_EQ(report["recordings"].size(), 2u);
  EXPECT_EQ(report["recordings"][0]["uri"], "one");
  EXPECT_DOUBLE_EQ(report["recordings"][0]["der"], 0.5);
  EXPECT_DOUBLE_EQ(report["recordings"][1]["der"], 0.0);
  const CommandResult table = score({path("ref"), path("hyp")});
  EXPECT_THAT(table.out, HasSubstr("all 2"));
  EXPECT_THAT(table.out, Not(HasSubstr("one")));
  EXPECT_THAT(score({path("ref"), path("hyp"), "--per-file"}).out, HasSubstr("\none "));
}

TEST_F(Score, ManyRecordingsInOneFile) {
  write("all.rttm", line("one", 0, 10, "anna") + line("two", 0, 20, "anna") + line("two", 20, 10, "boris"));
  EXPECT_EQ(score_json({path("all.rttm"), path("hyp")})["total"],
            score_json({path("ref"), path("hyp")})["total"]);
}

TEST_F(Score, CollarAndSkipOverlap) {
  write("ref.rttm", line("x", 1, 4, "a") + line("x", 4, 4, "b"));
  write("hyp.rttm", line("x", 1.1, 6.9, "A"));
  EXPECT_NEAR(score_json({path("ref.rttm"), path("hyp.rttm")})["total"]["missed_detection_s"], 1.1, 1e-9);
  const auto report = score_json({path("ref.rttm"), path("hyp.rttm"), "--collar", "0.5", "--skip-overlap"});
  EXPECT_DOUBLE_EQ(report["total"]["missed_detection_s"], 0.0);
  EXPECT_DOUBLE_EQ(report["collar_s"], 0.5);
  EXPECT_EQ(report["skip_overlap"], true);
}

TEST_F(Score, UemChoosesRegionsAndRecordings) {
  write("all.uem", "one 1 4 6\none 1 8 9\n");
  const CommandResult result = score({path("ref"), path("hyp"), "--uem", path("all.uem"), "--json"});
  EXPECT_THAT(result.err, HasSubstr("'two' is not in the UEM"));
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_DOUBLE_EQ(report["total"]["total_s"], 3.0);
  EXPECT_DOUBLE_EQ(report["total"]["missed_detection_s"], 1.0);
  EXPECT_EQ(report["uem"], path("all.uem"));
}

TEST_F(Score, UemWithoutAnyOfTheRecordings) {
  write("other.uem", "three 1 0 5\n");
  const CommandResult result = score({path("ref"), path("hyp"), "--uem", path("other.uem")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("lists none of the recordings"));
}

TEST_F(Score, MissingHypothesisIsAllMissed) {
  std::filesystem::remove(folder_.path() / "hyp/two.rttm");
  write("hyp/three.rttm", line("three", 0, 5, "A"));
  const CommandResult result = score({path("ref"), path("hyp"), "--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("'two' has no hypothesis"));
  EXPECT_THAT(result.err, HasSubstr("'three' has no reference"));
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(result.out)["total"]["missed_detection_s"], 35.0);
}

TEST_F(Score, EmptyFilesAreEmptyAnnotations) {
  write("ref/one.rttm", "");
  const auto report = score_json({path("ref/one.rttm"), path("hyp/one.rttm")});
  EXPECT_DOUBLE_EQ(report["total"]["der"], 1.0);
  EXPECT_DOUBLE_EQ(report["total"]["jer"], 1.0);
  EXPECT_DOUBLE_EQ(report["total"]["false_alarm_s"], 5.0);
  write("hyp/two.rttm", ";; nobody talks\n");
  EXPECT_DOUBLE_EQ(score_json({path("ref/two.rttm"), path("hyp/two.rttm")})["total"]["der"], 1.0);
}

TEST_F(Score, NamesWithSpacesAreRefused) {
  for (const std::string text :
       {"SPEAKER my talk 1 0.0 5.0 <NA> <NA> anna <NA> <NA>\n", "SPEAKER my talk 1 0.0 5.0 <NA> <NA> anna\n",
        "SPEAKER talk 1 0.0 5.0 <NA> <NA> Anna B. <NA> <NA>\n"}) {
    write("bad.rttm", text);
    const CommandResult result = score({path("bad.rttm"), path("hyp/one.rttm")});
    EXPECT_EQ(result.exit_code, 3) << text;
    EXPECT_THAT(result.err, HasSubstr("bad.rttm:1: more fields than a SPEAKER line has")) << text;
    EXPECT_THAT(result.err, HasSubstr("must not hold spaces")) << text;
  }
}

TEST_F(Score, WrongInputs) {
  EXPECT_EQ(score({path("nothing.rttm"), path("hyp")}).exit_code, 3);
  write("text.rttm", "This is not RTTM.\n");
  EXPECT_THAT(score({path("text.rttm"), path("hyp")}).err,
              HasSubstr("text.rttm:1: an RTTM line starts with SPEAKER"));
  std::filesystem::create_directories(folder_.path() / "void");
  EXPECT_THAT(score({path("void"), path("hyp")}).err, HasSubstr("holds no *.rttm files"));
  write("ref/again.rttm", line("two", 0, 1, "anna"));
  const CommandResult twice = score({path("ref"), path("hyp")});
  EXPECT_EQ(twice.exit_code, 3);
  EXPECT_THAT(twice.err, HasSubstr("'two' is in both"));
  EXPECT_EQ(score({path("ref/one.rttm"), path("hyp"), "--collar", "-1"}).exit_code, 2);
}

}  // namespace
}  // namespace diar::cli_test
