#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "diar/errors.h"
#include "diar/io/report.h"
#include "io/formats/report_template.h"
#include "temporary_directory.h"

namespace diar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

Annotation conversation() {
  return Annotation("talk",
                    {{{0.5, 4.25}, "SPEAKER_01"}, {{4.0, 6.0}, "SPEAKER_00"}, {{7.0, 8.0}, "SPEAKER_01"}});
}

// The text of the element that starts with `opening`.
std::string element_text(const std::string& page, const std::string& opening) {
  const std::size_t start = page.find(opening);
  if (start == std::string::npos) return "(not there)";
  const std::size_t text = start + opening.size();
  return page.substr(text, page.find("</", text) - text);
}

Json data_of(const std::string& page) {
  return Json::parse(element_text(page, R"(<script type="application/json" id="data">)"));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(HtmlReportTest, HoldsTheTurnsAsData) {
  const Json data = data_of(to_html_report(conversation(), {.model = "starter", .duration_s = 10.0}));
  EXPECT_EQ(data["uri"], "talk");
  EXPECT_EQ(data["title"], "talk");
  EXPECT_EQ(data["model"], "starter");
  EXPECT_EQ(data["duration_s"], 10.0);
  EXPECT_EQ(data["speakers"], Json({"SPEAKER_00", "SPEAKER_01"}));
  EXPECT_EQ(data["turns"], Json::parse("[[0.5,4.25,1],[4.0,6.0,0],[7.0,8.0,1]]"));
  EXPECT_EQ(data["audio"], Json({{"kind", "none"}}));
  EXPECT_EQ(data["origin"], Json::object());
  for (const char* absent : {"exclusive_turns", "transcript", "reference"})
    EXPECT_FALSE(data.contains(absent));
}

// The page writes JSON and ELAN files as the library does, so it needs what they say of the run.
TEST(HtmlReportTest, HoldsAllThatAResultSaysButEmbeddings) {
  ResultDocument document(conversation());
  document.exclusive = Annotation("talk", {{{0.5, 4.0}, "SPEAKER_01"}, {{4.0, 6.0}, "SPEAKER_00"}});
  document.duration_s = 9.0;
  document.input = "talk.wav";
  document.embeddings = {{"SPEAKER_00", {1.0f}}};
  document.run.emplace();
  document.run->version = "1.2";
  document.run->model_name = "starter";
  document.run->device = "cpu";
  document.run->elapsed_s = 2.5;
  const std::string page = to_html_report(document);
  const Json data = data_of(page);
  EXPECT_EQ(data["model"], "starter");
  EXPECT_EQ(data["known_duration_s"], 9.0);
  EXPECT_EQ(data["exclusive_turns"], Json::parse("[[0.5,4.0,1],[4.0,6.0,0]]"));
  EXPECT_EQ(data["origin"]["version"], "1.2");
  EXPECT_EQ(data["origin"]["input"], "talk.wav");
  EXPECT_EQ(data["origin"]["run"]["elapsed_s"], 2.5);
  EXPECT_EQ(data["origin"]["run"]["device"], "cpu");
  EXPECT_THAT(page, Not(HasSubstr("\"embeddings\"")));
}

TEST(HtmlReportTest, TimesAreTheExactDoubles) {
  const double start_s = 0.1 + 0.2;
  const Json data = data_of(to_html_report(Annotation("x", {{{start_s, 1.0 / 3.0}, "A"}})));
  EXPECT_EQ(data["turns"][0][0].get<double>(), start_s);
  EXPECT_EQ(data["turns"][0][1].get<double>(), 1.0 / 3.0);
}

TEST(HtmlReportTest, HoldsTheTranscriptAndTheReference) {
  HtmlReportOptions options;
  options.transcript = Transcript{"en",
                                  {{1.0,
                                    2.5,
                                    "Hello, you",
                                    {{"Hello,", 1.0, 1.5, true, {}, {}}, {"you", 2.0, 2.5, true, 0.25, {}}},
                                    {}}}};
  options.transcript->segments.push_back({20.0, 21.0, "</script>", {}, {}});
  options.assign = {.max_gap_s = 0.25, .smooth = false};
  options.reference = Annotation("talk", {{{0.0, 9.0}, "Bo"}, {{1.0, 2.0}, "Ann"}});
  const std::string page = to_html_report(conversation(), options);
  EXPECT_EQ(count(page, "</script>"), 3u);
  const Json data = data_of(page);
  EXPECT_EQ(data["transcript"]["language"], "en");
  EXPECT_EQ(data["transcript"]["segments"][0],
            Json::parse(R"([1.0,2.5,"Hello, you",[[1.0,1.5,"Hello,",1],[2.0,2.5,"you",1,0.25]]])"));
  EXPECT_EQ(data["transcript"]["segments"][1], Json::parse(R"([20.0,21.0,"</script>",[]])"));
  EXPECT_EQ(data["transcript"]["max_gap_s"], 0.25);
  EXPECT_EQ(data["transcript"]["smooth"], false);
  EXPECT_EQ(data["reference"]["speakers"], Json({"Ann", "Bo"}));
  EXPECT_EQ(data["reference"]["turns"], Json::parse("[[0.0,9.0,1],[1.0,2.0,0]]"));
  // All of it is in sight; what the files say stays what is known.
  EXPECT_EQ(data["duration_s"], 21.0);
  EXPECT_EQ(data["known_duration_s"], 0.0);
}

TEST(HtmlReportTest, LastsAtLeastAsLongAsItsTurnsAndItsAudio) {
  EXPECT_EQ(data_of(to_html_report(conversation()))["duration_s"], 8.0);
  HtmlReportOptions options;
  options.duration_s = 9.0;
  options.audio.duration_s = 12.5;
  EXPECT_EQ(data_of(to_html_report(conversation(), options))["duration_s"], 12.5);
}

TEST(HtmlReportTest, IsOneFileThatNeedsNoOther) {
  std::string page = to_html_report(conversation());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  // Names that ELAN's files must hold, in the page's own ELAN writer; nothing is asked of them.
  for (const std::string name :
       {"http://www.w3.org/2001/XMLSchema-instance", "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"}) {
    ASSERT_EQ(count(page, name), 1u);
    page.erase(page.find(name), name.size());
  }
  for (const char* outside : {"http://", "https://", " src=\"", "@import", "url(", "<link"}) {
    // The namespace of SVG would be an address, but HTML needs none.
    EXPECT_THAT(page, Not(HasSubstr(outside))) << outside;
  }
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_EQ(count(page, "<script"), 3u);
  EXPECT_EQ(count(page, "</script>"), 3u);
  // The page's own code; the data come on top.
  EXPECT_LT(page.size(), 180000u);
}

TEST(HtmlReportTest, HostileNamesStayText) {
  const std::string nasty = "</script><script>alert(1)</script><!--\xE2\x80\xA8{{audio}}";
  const std::string page = to_html_report(Annotation(nasty, {{{0.0, 1.0}, nasty}}));
  EXPECT_EQ(count(page, "<script"), 3u);
  EXPECT_EQ(count(page, "</script>"), 3u);
  EXPECT_EQ(count(page, "<!--"), 0u);
  const Json data = data_of(page);
  EXPECT_EQ(data["uri"], nasty);
  EXPECT_EQ(data["speakers"], Json::array({nasty}));
  EXPECT_EQ(element_text(page, "<h1>"),
            "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--\xE2\x80\xA8{{audio}}");
}

TEST(HtmlReportTest, NamesThatAreNoUtf8AreReplaced) {
  const std::string page = to_html_report(Annotation("r\xE9union", {{{0.0, 1.0}, "Zo\xEB"}}));
  EXPECT_EQ(data_of(page)["speakers"][0], "Zo\xEF\xBF\xBD");
  EXPECT_EQ(element_text(page, "<h1>"), "r\xEF\xBF\xBDunion");
}

TEST(HtmlReportTest, EmbedsAudio) {
  HtmlReportOptions options;
  options.audio.bytes = "foobar";
  options.audio.mime_type = "audio/webm";
  options.audio.link = "ignored.wav";
  options.audio.levels = {0, 128, 255};
  options.audio.level_step_s = 0.02;
  const std::string page = to_html_report(conversation(), options);
  EXPECT_EQ(element_text(page, R"(<script type="text/plain" id="audio-data">)"), "Zm9vYmFy");
  const Json expected = {
      {"kind", "embed"}, {"mime_type", "audio/webm"}, {"level_step_s", 0.02}, {"levels", "AID/"}};
  EXPECT_EQ(data_of(page)["audio"], expected);
}

TEST(HtmlReportTest, LinksAudio) {
  HtmlReportOptions options;
  options.audio.link = "a%20b.wav";
  EXPECT_EQ(data_of(to_html_report(conversation(), options))["audio"],
            Json({{"kind", "link"}, {"link", "a%20b.wav"}}));
}

TEST(HtmlReportTest, ThousandsOfTurnsStaySmall) {
  Annotation annotation("long");
  std::vector<Turn> turns;
  for (int i = 0; i < 5000; ++i)
    turns.push_back({{i * 1.4, i * 1.4 + 1.2}, "SPEAKER_0" + std::to_string(i % 6)});
  const std::string page = to_html_report(Annotation("long", std::move(turns)));
  EXPECT_EQ(data_of(page)["turns"].size(), 5000u);
  // Some 35 bytes for each turn at the most: two doubles and a number.
  EXPECT_LT(page.size(), 180000u + 5000u * 42u);
}

TEST(HtmlReportTest, AnEmptyAnnotationIsAPageToo) {
  const Json data = data_of(to_html_report(Annotation()));
  EXPECT_EQ(data["turns"], Json::array());
  EXPECT_EQ(data["duration_s"], 0.0);
}

TEST(HtmlReportTest, TimesThatAreNotFiniteAreRefused) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(to_html_report(Annotation("x", {{{nan, 1.0}, "A"}})), InvalidArgument);
  EXPECT_THROW(to_html_report(Annotation("x", {{{0.0, INFINITY}, "A"}})), InvalidArgument);
  EXPECT_THROW(to_html_report(conversation(), {.duration_s = INFINITY}), InvalidArgument);
  HtmlReportOptions reference;
  reference.reference = Annotation("x", {{{0.0, INFINITY}, "A"}});
  EXPECT_THROW(to_html_report(conversation(), reference), InvalidArgument);
  HtmlReportOptions transcript;
  transcript.transcript = Transcript{"", {{0.0, 1.0, "a", {{"a", nan, 1.0, true, {}, {}}}, {}}}};
  EXPECT_THROW(to_html_report(conversation(), transcript), InvalidArgument);
  EXPECT_THROW(to_html_report(conversation(), {.assign = {.max_gap_s = -0.5}}), InvalidArgument);
  EXPECT_THROW(to_html_report(conversation(), {.assign = {.max_gap_s = INFINITY}}), InvalidArgument);
}

TEST(HtmlReportTest, TheTemplateIsPlainAscii) {
  // Literals are cut between files only, but an editor's stray byte should not depend on the server's
  // charset.
  for (const char* text : {report_page(), report_style()}) {
    for (const char* c = text; *c != '\0'; ++c) ASSERT_GT(*c, 0) << std::string(c, 20);
  }
}

TEST(ReportLinkTest, IsRelativeAndEncoded) {
  EXPECT_EQ(report_link("/data/audio/a.wav", "/data/out/page.html"), "../audio/a.wav");
  EXPECT_EQ(report_link("/data/a.wav", "/data/page.html"), "a.wav");
  // Neither needs a directory, nor to be there.
  EXPECT_EQ(report_link("a.wav", "not_there_yet.html"), "a.wav");
  EXPECT_EQ(report_link("./a.wav", "pages/not_there_yet.html"), "../a.wav");
  EXPECT_EQ(report_link("/data/50% of #1?.wav", "/data/page.html"), "50%25%20of%20%231%3F.wav");
  // A colon would read as a scheme, a quote would end an attribute.
  EXPECT_EQ(report_link("/data/a:b'\".wav", "/data/page.html"), "a%3Ab%27%22.wav");
  EXPECT_EQ(report_link("/data/\xC3\xBC.wav", "/data/page.html"), "%C3%BC.wav");
}

TEST(ReportLinkTest, ClimbsOutOfLinkedDirectories) {
  namespace fs = std::filesystem;
  const TemporaryDirectory temporary;
  const fs::path root = fs::canonical(temporary.path());
  fs::create_directories(root / "real" / "deep");
  fs::create_directory_symlink(root / "real" / "deep", root / "shortcut");
  // ".." from the shortcut leads to real/, not to its own parent.
  EXPECT_EQ(report_link(root / "a.wav", root / "shortcut" / "page.html"), "../../a.wav");
}

}  // namespace
}  // namespace diar
