#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "diar/errors.h"
#include "diar/io/report.h"
#include "io/formats/report_template.h"

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
}

TEST(HtmlReportTest, LastsAtLeastAsLongAsItsTurnsAndItsAudio) {
  EXPECT_EQ(data_of(to_html_report(conversation()))["duration_s"], 8.0);
  HtmlReportOptions options;
  options.duration_s = 9.0;
  options.audio.duration_s = 12.5;
  EXPECT_EQ(data_of(to_html_report(conversation(), options))["duration_s"], 12.5);
}

TEST(HtmlReportTest, IsOneFileThatNeedsNoOther) {
  const std::string page = to_html_report(conversation());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* outside : {"http://", "https://", " src=\"", "@import", "url(", "<link"}) {
    // The namespace of SVG would be an address, but HTML needs none.
    EXPECT_THAT(page, Not(HasSubstr(outside))) << outside;
  }
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_EQ(count(page, "<script"), 3u);
  EXPECT_EQ(count(page, "</script>"), 3u);
  // The page's own code; the data come on top.
  EXPECT_LT(page.size(), 80000u);
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
  // Some 20 bytes for each turn.
  EXPECT_LT(page.size(), 80000u + 5000u * 25u);
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
  const fs::path root = fs::canonical(fs::temp_directory_path()) / ("diar-link-" + std::to_string(getpid()));
  fs::create_directories(root / "real" / "deep");
  fs::create_directory_symlink(root / "real" / "deep", root / "shortcut");
  // ".." from the shortcut leads to real/, not to its own parent.
  EXPECT_EQ(report_link(root / "a.wav", root / "shortcut" / "page.html"), "../../a.wav");
  fs::remove_all(root);
}

}  // namespace
}  // namespace diar
