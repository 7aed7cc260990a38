// When an output would cost the user a file, whatever the two are called.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "command.h"
#include "diar/errors.h"
#include "output_guard.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using cli::OutputGuard;
using ::testing::HasSubstr;

class OutputGuardTest : public ::testing::Test {
 protected:
  OutputGuardTest() {
    fs::current_path(directory_.path());
    fs::create_directories("sub/deep");
    for (const char* name : {"in.wav", "other.wav", "sub/in.wav"}) write_text(name, "x");
    fs::create_symlink("in.wav", "link.wav");
    fs::create_symlink("link.wav", "link_of_link.wav");
    fs::create_directory_symlink("..", "sub/up");
    fs::create_symlink("new.rttm", "dangling.rttm");
    fs::create_hard_link("in.wav", "hard.wav");
  }
  ~OutputGuardTest() override { fs::current_path("/"); }

  // The refusal of writing `output` while reading `input`; empty: allowed.
  static std::string refusal(const std::string& input, const std::string& output, bool derived = false) {
    OutputGuard guard;
    guard.reads(input);
    guard.writes({output, derived, "--output", input});
    return refusal(guard);
  }
  static std::string refusal(const OutputGuard& guard) {
    try {
      guard.check();
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  }

  TemporaryDirectory directory_;
};

TEST_F(OutputGuardTest, AnInputIsKnownByAnyOfItsNames) {
  const std::string absolute = directory_.file("in.wav");
  for (const std::string& input : {std::string("in.wav"), std::string("link_of_link.wav"), absolute}) {
    for (const std::string& output :
         {std::string("in.wav"), std::string("./in.wav"), std::string("sub/../in.wav"), absolute,
          std::string("link.wav"), std::string("link_of_link.wav"), std::string("sub/up/in.wav"),
          std::string("hard.wav"), "/.//" + absolute}) {
      EXPECT_THAT(refusal(input, output), HasSubstr("this run's own input")) << input << " <- " << output;
    }
  }
  for (const char* output : {"other.wav", "sub/in.wav", "new.rttm", "-", "/dev/null", "in.WAV"})
    EXPECT_EQ(refusal("in.wav", output), "") << output;
}

TEST_F(OutputGuardTest, TwoOutputsAreNeverOneFile) {
  for (const auto& [one, two] :
       std::vector<std::pair<std::string, std::string>>{{"new.rttm", "./new.rttm"},
                                                        {"new.rttm", "sub/up/new.rttm"},
                                                        {"new.rttm", "dangling.rttm"},
                                                        {"other.wav", directory_.file("other.wav")},
                                                        {"absent/new.rttm", "absent/./new.rttm"}}) {
    OutputGuard guard;
    guard.writes({one, false, "--output", "a"});
    guard.writes({two, false, "--html", "a"});
    EXPECT_THAT(refusal(guard), HasSubstr("two results would both be")) << one << ' ' << two;
  }
  OutputGuard guard;
  for (const char* fine : {"/dev/null", "/dev/null", "-", "-", "new.rttm", "new.html"})
    guard.writes({fine, false, "--output", "a"});
  EXPECT_EQ(refusal(guard), "");
}

TEST_F(OutputGuardTest, NamesThatWereMadeReplaceNothing) {
  EXPECT_THAT(refusal("in.wav", "other.wav", true), HasSubstr("'other.wav' is there already"));
  EXPECT_THAT(refusal("in.wav", "other.wav", true), HasSubstr("--overwrite"));
  EXPECT_EQ(refusal("in.wav", "new.rttm", true), "");
  OutputGuard guard;
  for (const char* output : {"other.wav", "sub/in.wav", "new.rttm"})
    guard.writes({output, true, "--output", "a"});
  EXPECT_THAT(refusal(guard), HasSubstr("'other.wav' and 1 more results are there already"));
}

TEST_F(OutputGuardTest, DirectoriesThatAreReadCountWithAllTheyHold) {
  OutputGuard guard;
  guard.reads_below("sub");
  guard.writes({"sub/up/sub/in.wav", false, "--output", {}});
  EXPECT_THAT(refusal(guard), HasSubstr("this run's own input"));
  OutputGuard whole;
  whole.reads_below("sub");
  whole.writes({directory_.file("sub"), false, "DST", {}});
  EXPECT_THAT(refusal(whole), HasSubstr("this run's own input"));
  OutputGuard others;
  others.reads_below("sub", ".rttm");
  others.writes({"sub/in.wav", false, "--output", {}});
  EXPECT_EQ(refusal(others), "");
}

TEST_F(OutputGuardTest, LinksInCirclesAreNoPlaceToWrite) {
  fs::create_symlink("b", "a");
  fs::create_symlink("a", "b");
  EXPECT_THROW(refusal("in.wav", "a"), OutputError);
}

}  // namespace
}  // namespace diar::cli_test
