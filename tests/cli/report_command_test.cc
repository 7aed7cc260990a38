// `diarize report` as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kTurns =
    "SPEAKER talk 1 0.000 1.000 <NA> <NA> A <NA> <NA>\nSPEAKER talk 1 0.500 1.000 <NA> <NA> B <NA> <NA>\n";

class ReportCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(turns(), kTurns);
    write_text(audio(), wav_bytes(noise(32000), 16000, 1));
  }
  std::string turns() const { return folder_.file("talk.rttm"); }
  std::string audio() const { return folder_.file("talk.wav"); }
  std::string page() const { return folder_.file("out.html"); }
  std::string file(const std::string& name) const { return folder_.file(name); }

  TemporaryDirectory folder_;
};

TEST_F(ReportCommandTest, WritesThePageAndThePlot) {
  const auto result = run_diarize({"report", turns(), "--html", page(), "--plot", file("out.svg")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out + result.err, "");
  EXPECT_THAT(read_text(page()), HasSubstr("\"turns\":[[0.0,1.0,0],[0.5,1.5,1]]"));
  EXPECT_THAT(read_text(page()), HasSubstr("\"audio\":{\"kind\":\"none\"}"));
  EXPECT_THAT(read_text(file("out.svg")), HasSubstr("</svg>"));
  EXPECT_EQ(folder_.num_entries(), 4u);
}

TEST_F(ReportCommandTest, EmbedsAudioByDefault) {
  const auto result = run_diarize({"report", turns(), "--audio", audio(), "--html", page()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string text = read_text(page());
  EXPECT_THAT(text, HasSubstr("\"kind\":\"embed\""));
  EXPECT_THAT(text, HasSubstr("\"duration_s\":2.0"));
  // Every WebM file starts with these bytes, 1A 45 DF A3.
  EXPECT_THAT(text, HasSubstr("id=\"audio-data\">GkXfo"));
}

TEST_F(ReportCommandTest, LinksAudio) {
  fs::create_directory(file("deep"));
  const auto result = run_diarize(
      {"report", turns(), "--audio", audio(), "--html-audio", "link", "--html", file("deep/out.html")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_text(file("deep/out.html")), HasSubstr("\"link\":\"../talk.wav\",\"level_step_s\":0.02"));
}

TEST_F(ReportCommandTest, LeavesAudioOut) {
  const auto result =
      run_diarize({"report", turns(), "--audio", audio(), "--html-audio", "none", "--html", page()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_text(page()), HasSubstr("\"audio\":{\"kind\":\"none\"}"));
}

TEST_F(ReportCommandTest, ShowsErrorsAgainstAReference) {
  write_text(file("truth.rttm"), "SPEAKER other 1 0.000 1.500 <NA> <NA> Ann <NA> <NA>\n");
  const auto result =
      run_diarize({"report", turns(), "--plot", file("out.svg"), "--reference", file("truth.rttm")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_text(file("out.svg")), HasSubstr(">Confusion</text>"));
  EXPECT_THAT(read_text(file("out.svg")), HasSubstr(">DER "));
}

TEST_F(ReportCommandTest, OneOfSeveralRecordings) {
  write_text(turns(), std::string(kTurns) + "SPEAKER other 1 0.000 3.000 <NA> <NA> C <NA> <NA>\n");
  const auto unnamed = run_diarize({"report", turns(), "--html", page()});
  EXPECT_EQ(unnamed.exit_code, 2);
  EXPECT_THAT(unnamed.err, HasSubstr("talk, other"));
  EXPECT_FALSE(fs::exists(page()));
  const auto named = run_diarize({"report", turns(), "--uri", "other", "--html", page()});
  EXPECT_EQ(named.exit_code, 0) << named.err;
  EXPECT_THAT(read_text(page()), HasSubstr("\"turns\":[[0.0,3.0,0]]"));
  // A name that is not there is an error, also where the file holds one recording only.
  for (const std::string& turns : {std::string(kTurns), read_text(this->turns())}) {
    write_text(this->turns(), turns);
    const auto wrong = run_diarize({"report", this->turns(), "--uri", "tlak", "--plot", file("out.svg")});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_THAT(wrong.err, HasSubstr("holds no recording called 'tlak'"));
    EXPECT_FALSE(fs::exists(file("out.svg")));
  }
}

TEST_F(ReportCommandTest, TurnsOfSilenceMakeAPageThatSaysSo) {
  write_text(turns(), "");
  const auto result = run_diarize({"report", turns(), "--audio", audio(), "--html", page()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_text(page()), HasSubstr("\"uri\":\"talk\""));
  EXPECT_THAT(read_text(page()), HasSubstr("\"turns\":[]"));
  EXPECT_THAT(read_text(page()), HasSubstr("\"duration_s\":2.0"));
  EXPECT_EQ(run_diarize({"report", turns(), "--uri", "other", "--html", page()}).exit_code, 2);
}

TEST_F(ReportCommandTest, NamesWithSpacesQuotesAndDashes) {
  const std::string folder = file("a 'b' \"c\" ü");
  fs::create_directory(folder);
  const std::string page_path = folder + "/-out & more.html";
  const auto result = run_diarize({"report", turns(), "--html", page_path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(page_path));
}

TEST_F(ReportCommandTest, FailuresNameTheirCauseAndLeaveNothing) {
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    const char* message;
  };
  const std::vector<Case> cases = {
      {{"report", turns()}, 2, "--html FILE, --plot FILE"},
      {{"report", file("none.rttm"), "--html", page()}, 3, "none.rttm"},
      {{"report", turns(), "--html", file("none/out.html")}, 6, "none"},
      {{"report", turns(), "--audio", file("none.wav"), "--html", page()}, 3, "none.wav"},
      {{"report", turns(), "--audio", turns(), "--html", page()}, 4, "not audio"},
      {{"report", turns(), "--plot", file("out.pdf")}, 2, ".svg or .png"},
      {{"report", turns(), "--plot", file("out.svg"), "--reference", file("none.rttm")}, 3, "none.rttm"},
      {{"report", turns(), "--html", page(), "--html-audio", "link"}, 2, "needs an audio file"},
      {{"report", turns(), "--html", page(), "--html-audio", "embed"}, 2, "needs the audio"},
      {{"report", turns(), "--html", page(), "--html-audio", "loud"}, 2, "--html-audio"},
      {{"report", turns(), "--html", page(), "--reference", file("none.rttm")}, 3, "none.rttm"},
      {{"report", turns(), "--html", page(), "--transcript", file("none.srt")}, 3, "none.srt"},
      {{"report", turns(), "--plot", file("out.svg"), "--transcript", turns()}, 2, "name a page too"},
      {{"report", turns(), "--html", page(), "--transcript", turns()}, 3, "talk.rttm"},
      // All known before any network runs.
      {{audio(), "--plot", file("out.pdf")}, 2, ".svg or .png"},
      {{audio(), "--html", "-"}, 2, "name of a file"},
      {{audio(), "-o", page(), "--html", file("more.html")}, 2, "more than one page"},
      {{audio(), "-o", page(), "-o", file("more.html")}, 2, "more than one page"},
      {{audio(), "-o", page(), "--transcript", file("none.srt")}, 3, "none.srt"},
      {{audio(), "--overwrite", "--transcript", turns()}, 2, "name a page too"},
      {{audio(), file("more.wav"), "--html", file("pages/"), "--transcript", turns()}, 2, "one recording"},
      {{audio(), "--overwrite", "--html", file("none/out.html")}, 6, "none"},
      {{audio(), file("more.wav"), "--html", page()}, 2, "--html to be a directory"},
      {{audio(), "--html", file("talk.rttm")}, 2, "two results would both be"},
  };
  for (const Case& one : cases) {
    const auto result = run_diarize(one.arguments);
    EXPECT_EQ(result.exit_code, one.exit_code) << one.message << '\n' << result.err;
    EXPECT_THAT(result.err, HasSubstr(one.message));
    EXPECT_EQ(folder_.num_entries(), 2u) << one.message;
  }
}

TEST_F(ReportCommandTest, AnOldPageSurvivesAFailure) {
  write_text(page(), "old");
  const auto result = run_diarize({"report", turns(), "--audio", turns(), "--html", page()});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(read_text(page()), "old");
}

// From here on with networks: the whole way from a recording to its page.
TEST_F(ReportCommandTest, DiarizeWritesThemWithItsResult) {
  const auto result = run_diarize(
      {audio(), "--overwrite", "--html", page(), "--plot", file("out.svg"), "--names", "SPEAKER_00=Ann"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("talk.rttm"));
  EXPECT_THAT(result.out, HasSubstr("out.html"));
  const std::string text = read_text(page());
  EXPECT_THAT(text, HasSubstr("\"kind\":\"embed\""));
  EXPECT_THAT(text, HasSubstr("\"model\":\"starter\""));
  EXPECT_THAT(text, HasSubstr("\"duration_s\":2.0"));
  EXPECT_THAT(text, HasSubstr("id=\"audio-data\">GkXfo"));
  EXPECT_THAT(read_text(file("out.svg")), HasSubstr("</svg>"));
}

TEST_F(ReportCommandTest, AnOutputThatEndsInHtmlIsAPage) {
  write_text(file("said.srt"), "1\n00:00:00,000 --> 00:00:01,000\nHello there\n");
  const auto result = run_diarize({audio(), "-o", page(), "--transcript", file("said.srt")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_text(page()),
              HasSubstr("\"transcript\":{\"language\":\"\",\"segments\":[[0.0,1.0,\"Hello there\""));
  // The page alone: talk.rttm, which was there, is what it was.
  EXPECT_EQ(read_text(turns()), kTurns);
  EXPECT_EQ(folder_.num_entries(), 4u);
  const auto both = run_diarize({audio(), "-o", page(), "-o", file("out.json"), "-q"});
  EXPECT_EQ(both.exit_code, 0) << both.err;
  EXPECT_THAT(read_text(file("out.json")), HasSubstr("\"turns\""));
  EXPECT_EQ(folder_.num_entries(), 5u);
}

TEST_F(ReportCommandTest, DiarizeEmbedsWhatCameThroughAPipe) {
  const auto result = run_diarize({"-", "--output", file("out.rttm"), "--html", page()}, audio());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_text(page()), HasSubstr("id=\"audio-data\">GkXfo"));
}

TEST_F(ReportCommandTest, DiarizeMakesAPageForEachInput) {
  fs::copy_file(audio(), file("more.wav"));
  const auto result = run_diarize({audio(), file("more.wav"), "--output", file("out/"), "--html",
                                   file("pages/"), "--plot", file("pages/"), "--html-audio", "link"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_text(file("pages/talk.html")), HasSubstr("\"link\":\"../talk.wav\""));
  EXPECT_THAT(read_text(file("pages/more.html")), HasSubstr("\"link\":\"../more.wav\""));
  EXPECT_TRUE(fs::exists(file("pages/more.svg")));
  EXPECT_TRUE(fs::exists(file("out/more.rttm")));
}

}  // namespace
}  // namespace diar::cli_test
