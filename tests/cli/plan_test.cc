// Which files the command works on and which it writes, without running it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"
#include "diar/errors.h"
#include "output_plan.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using cli::InputFile;
using cli::list_inputs;
using cli::OutputWishes;
using cli::plan_outputs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Plan : public ::testing::Test {
 protected:
  Plan() { fs::current_path(directory_.path()); }
  ~Plan() override { fs::current_path("/"); }

  static void touch(const fs::path& path) {
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    write_text(path, "x");
  }
  static std::vector<std::string> paths(const std::vector<std::string>& names) {
    std::vector<std::string> result;
    for (const InputFile& input : list_inputs(names)) {
      result.push_back(input.problem.empty() ? input.path : "problem: " + input.path);
    }
    return result;
  }
  static std::vector<std::string> results(const std::vector<std::string>& names, const OutputWishes& wishes,
                                          const cli::OutputPolicy& policy = {}) {
    std::vector<std::string> result;
    auto plan = plan_outputs(list_inputs(names), wishes);
    prepare_outputs(plan, policy);
    for (const auto& item : plan) {
      for (const auto& file : item.files) result.push_back(file.path.string());
    }
    return result;
  }
  static OutputWishes rttm(const std::string& directory = {}) { return {{{"rttm", ".rttm"}}, directory, {}}; }

  TemporaryDirectory directory_;
};

TEST_F(Plan, DirectoriesGiveTheirAudioInOrder) {
  for (const char* name :
       {"d/b.wav", "d/a.FLAC", "d/notes.txt", "d/b.rttm", "d/sub/deep/-c.mp4", "d/.hidden.wav",
        "d/.git/x.wav", "d/._a.wav", "d/Gespräch 会议.opus", "d/no_extension"}) {
    touch(name);
  }
  EXPECT_THAT(paths({"d"}), ElementsAre("d/Gespräch 会议.opus", "d/a.FLAC", "d/b.wav", "d/sub/deep/-c.mp4"));
  EXPECT_THAT(paths({"d/sub/"}), ElementsAre("d/sub/deep/-c.mp4"));
}

TEST_F(Plan, LinksInCirclesEnd) {
  touch("d/a.wav");
  fs::create_directory_symlink("..", "d/up");
  EXPECT_THAT(paths({"d"}), ElementsAre("d/a.wav"));
  EXPECT_THAT(paths({"**/*.wav"}), ElementsAre("d/a.wav"));
}

TEST_F(Plan, PatternsThatTheShellLeft) {
  for (const char* name : {"a1.wav", "a2.wav", "b.wav", ".c.wav", "x/a3.wav", "x/y/a4.wav", "x/y/a.txt"})
    touch(name);
  EXPECT_THAT(paths({"a?.wav"}), ElementsAre("a1.wav", "a2.wav"));
  EXPECT_THAT(paths({"[!a]*.wav"}), ElementsAre("b.wav"));
  EXPECT_THAT(paths({"*/*.wav"}), ElementsAre("x/a3.wav"));
  EXPECT_THAT(paths({"**/a*.wav"}), ElementsAre("a1.wav", "a2.wav", "x/a3.wav", "x/y/a4.wav"));
  EXPECT_THAT(paths({"x*"}), ElementsAre("x/a3.wav", "x/y/a4.wav"));
  EXPECT_THAT(paths({(directory_.path() / "x" / "*.wav").string()}),
              ElementsAre(directory_.file("x/a3.wav")));
}

TEST_F(Plan, AFileWithWildcardsInItsNameIsThatFile) {
  touch("take[1].wav");
  touch("what*.wav");
  EXPECT_THAT(paths({"take[1].wav", "what*.wav"}), ElementsAre("take[1].wav", "what*.wav"));
}

TEST_F(Plan, FoundTwiceCountsOnceAndNothingFoundIsAProblem) {
  touch("d/a.wav");
  fs::create_directory("empty");
  EXPECT_THAT(paths({"d/a.wav", "d", "d/*.wav", "-"}), ElementsAre("d/a.wav", "-"));
  EXPECT_THAT(paths({"empty", "*.ogg", "absent.wav"}),
              ElementsAre("problem: empty", "problem: *.ogg", "absent.wav"));
}

TEST_F(Plan, ResultsLieBesideOrBelow) {
  for (const char* name : {"d/a.wav", "d/sub/b c.wav", "e.wav"}) touch(name);
  EXPECT_THAT(results({"d", "e.wav"}, rttm()), ElementsAre("d/a.rttm", "d/sub/b c.rttm", "e.rttm"));
  EXPECT_THAT(results({"d", "e.wav"}, rttm("out/")),
              ElementsAre("out/a.rttm", "out/sub/b c.rttm", "out/e.rttm"));
  EXPECT_TRUE(fs::is_directory("out/sub"));
  const OutputWishes two = {{{"srt", ".srt"}, {"audacity", ".audacity.txt"}}, {}, {}};
  EXPECT_THAT(results({"e.wav"}, two), ElementsAre("e.srt", "e.audacity.txt"));
  EXPECT_THAT(results({"-"}, rttm("out/")), ElementsAre("out/stdin.rttm"));
  EXPECT_THAT(results({"-"}, rttm()), ElementsAre(""));
}

TEST_F(Plan, FoundFilesOfOneStemKeepTheirExtensions) {
  for (const char* name : {"d/talk.wav", "d/talk.mp4", "d/other.wav"}) touch(name);
  EXPECT_THAT(results({"d"}, rttm()), ElementsAre("d/other.rttm", "d/talk.mp4.rttm", "d/talk.wav.rttm"));
}

TEST_F(Plan, WhatWouldBeLostIsRefused) {
  touch("x/a.wav");
  touch("y/a.wav");
  touch("z.rttm");
  EXPECT_THROW(results({"x/a.wav", "y/a.wav"}, rttm("out/")), InvalidArgument);
  EXPECT_THROW(results({"z.rttm"}, rttm()), InvalidArgument);
  EXPECT_THROW(results({"x/a.wav", "y/a.wav"}, {{{"rttm", ".rttm"}}, {}, {"one.rttm"}}), InvalidArgument);
  EXPECT_THROW(results({"x/a.wav"}, {{{"rttm", ".rttm"}, {"srt", ".srt"}}, {}, {"-", "-"}}), InvalidArgument);
  EXPECT_THROW(results({"x/a.wav"}, {{{"rttm", ".rttm"}}, {}, {"absent/a.rttm"}}), OutputError);
}

// A name that the program makes replaces nothing; one that the user gives may.
TEST_F(Plan, NamesThatWereMadeReplaceNothing) {
  touch("call.wav");
  touch("call.srt");  // somebody else's transcript
  touch("out/call.rttm");
  const OutputWishes srt = {{{"srt", ".srt"}}, {}, {}};
  EXPECT_THROW(results({"call.wav"}, srt), InvalidArgument);
  EXPECT_THROW(results({"call.wav"}, rttm("out/")), InvalidArgument);
  EXPECT_THAT(results({"call.wav"}, srt, {true}), ElementsAre("call.srt"));
  EXPECT_THAT(results({"call.wav"}, {{{"srt", ".srt"}}, {}, {"call.srt"}}), ElementsAre("call.srt"));
  // Nothing is written for what is not there.
  touch("absent.rttm");
  EXPECT_THAT(results({"absent.wav"}, rttm()), ElementsAre("absent.rttm"));
}

TEST_F(Plan, ARefusalMakesNoDirectory) {
  for (const char* name : {"d/a.wav", "d/sub/b.wav", "out/a.rttm"}) touch(name);
  EXPECT_THROW(results({"d"}, rttm("out/")), InvalidArgument);
  EXPECT_FALSE(fs::exists("out/sub"));
}

// With --resume what is finished is left alone; what is older than its input still needs --overwrite.
TEST_F(Plan, ResumeKeepsWhatIsFinishedAndWritesTheRest) {
  touch("a.wav");
  touch("a.rttm");
  const OutputWishes two = {{{"rttm", ".rttm"}, {"srt", ".srt"}}, {}, {}};
  auto plan = plan_outputs(list_inputs({"a.wav"}), two);
  prepare_outputs(plan, {false, true, true});
  EXPECT_TRUE(plan[0].files[0].is_finished);
  EXPECT_FALSE(plan[0].files[1].is_finished);
  fs::last_write_time("a.wav", fs::last_write_time("a.rttm") + std::chrono::seconds(1));
  EXPECT_THROW(prepare_outputs(plan, {false, true, true}), InvalidArgument);
  prepare_outputs(plan, {true, true, true});
  EXPECT_FALSE(plan[0].files[0].is_finished);
}

TEST_F(Plan, NamesTooLongForTheFileSystemAreKnownBeforeTheWork) {
  // The result of 251 letters and ".wav" would have 256 bytes; 255 are what file systems hold.
  const std::string longest(251, 'a');
  touch(longest + ".wav");
  EXPECT_THROW(results({longest + ".wav"}, rttm()), OutputError);
  touch(longest.substr(1) + ".wav");
  EXPECT_THAT(results({longest.substr(1) + ".wav"}, rttm()), ElementsAre(longest.substr(1) + ".rttm"));
}

TEST_F(Plan, FinishedMeansAllResultsThereAndNotOlder) {
  touch("a.wav");
  const auto item =
      plan_outputs(list_inputs({"a.wav"}), {{{"rttm", ".rttm"}, {"srt", ".srt"}}, {}, {}}).at(0);
  EXPECT_FALSE(is_finished(item));
  touch("a.rttm");
  EXPECT_FALSE(is_finished(item));
  touch("a.srt");
  EXPECT_TRUE(is_finished(item));
  fs::last_write_time("a.wav", fs::last_write_time("a.srt") + std::chrono::seconds(1));
  EXPECT_FALSE(is_finished(item));
  EXPECT_FALSE(is_finished(plan_outputs(list_inputs({"a.wav"}), {{{"rttm", ".rttm"}}, {}, {"-"}}).at(0)));
}

}  // namespace
}  // namespace diar::cli_test
