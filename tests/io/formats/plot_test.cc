#include "diar/io/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "diar/errors.h"
#include "temporary_directory.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Annotation conversation() {
  return Annotation("talk", {{{0.0, 4.0}, "A"}, {{3.0, 6.0}, "B"}, {{8.0, 10.0}, "A"}});
}

struct Box {
  double x = 0.0;
  double width = 0.0;
  double height = 0.0;
};

// The boxes that are painted in one colour.
std::vector<Box> boxes(const std::string& svg, const std::string& colour) {
  std::vector<Box> found;
  const std::regex path("<path fill=\"" + colour + "\" d=\"([^\"]*)\"/>");
  const std::regex box(R"(M([\d.]+) [\d.]+h([\d.]+)v([\d.]+)h-[\d.]+z)");
  for (std::sregex_iterator match(svg.begin(), svg.end(), path), end; match != end; ++match) {
    const std::string data = (*match)[1];
    for (std::sregex_iterator one(data.begin(), data.end(), box); one != end; ++one) {
      found.push_back({std::stod((*one)[1]), std::stod((*one)[2]), std::stod((*one)[3])});
    }
  }
  return found;
}

// Big-endian, as PNG has them.
unsigned number_at(const std::string& bytes, std::size_t at) {
  unsigned value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

TEST(SvgPlotTest, BarsAreWhereTheTurnsAre) {
  const std::string svg = to_svg_plot(conversation(), {.width_px = 800.0});
  const auto lanes = boxes(svg, "#f4f4f1");
  const auto first = boxes(svg, "#3350a8");
  const auto second = boxes(svg, "#d4760f");
  ASSERT_EQ(lanes.size(), 2u);
  ASSERT_EQ(first.size(), 2u);
  ASSERT_EQ(second.size(), 1u);
  const double scale = lanes[0].width / 10.0;  // pixels for each second
  // The file keeps hundredths of a pixel.
  EXPECT_NEAR(first[0].x, lanes[0].x, 0.011);
  EXPECT_NEAR(first[0].width, 4.0 * scale, 0.011);
  EXPECT_NEAR(first[1].x, lanes[0].x + 8.0 * scale, 0.011);
  EXPECT_NEAR(second[0].x, lanes[0].x + 3.0 * scale, 0.011);
  EXPECT_NEAR(second[0].width, 3.0 * scale, 0.011);
  EXPECT_THAT(svg, AllOf(HasSubstr(">A</text>"), HasSubstr(">B</text>"), HasSubstr(">0:10</text>")));
}

TEST(SvgPlotTest, ARangeCutsTurns) {
  const std::string svg = to_svg_plot(conversation(), {.width_px = 800.0, .range = Segment{2.0, 7.0}});
  const auto lanes = boxes(svg, "#f4f4f1");
  const auto first = boxes(svg, "#3350a8");
  ASSERT_EQ(first.size(), 1u);
  EXPECT_NEAR(first[0].x, lanes[0].x, 0.011);
  EXPECT_NEAR(first[0].width, 2.0 * lanes[0].width / 5.0, 0.011);
}

TEST(SvgPlotTest, AReferenceShowsTheErrors) {
  PlotOptions options;
  options.width_px = 1000.0;
  // Against `conversation`: X is A, Y is B; 1 s missed, 2 s false alarm, 0.5 s confused.
  options.reference =
      Annotation("talk", {{{0.0, 4.0}, "X"}, {{3.0, 5.5}, "Y"}, {{5.5, 6.0}, "X"}, {{6.0, 7.0}, "Y"}});
  const std::string svg = to_svg_plot(conversation(), options);
  EXPECT_THAT(svg, HasSubstr(">X = A</text>"));
  EXPECT_THAT(svg, HasSubstr(">Y = B</text>"));
  EXPECT_THAT(svg, HasSubstr(">DER 43.8 %: missed 12.5 %, false alarm 25.0 %, confusion 6.2 %</text>"));
  const double scale = boxes(svg, "#f4f4f1")[0].width / 10.0;
  const auto width_of = [&](const std::string& colour) {
    double width = 0.0;
    for (const Box& box : boxes(svg, colour)) width += box.width;
    return width;
  };
  EXPECT_NEAR(width_of("#1b1c1f"), 1.0 * scale, 0.02);
  EXPECT_NEAR(width_of("#5d6167"), 2.0 * scale, 0.02);
  EXPECT_NEAR(width_of("#98281f"), 0.5 * scale, 0.02);
}

TEST(SvgPlotTest, AReferenceLeavesEverySpeakerTheirColour) {
  PlotOptions options;
  options.width_px = 1000.0;
  // In the reference's order B comes first.
  options.reference = Annotation("talk", {{{0.0, 4.0}, "Y"}, {{3.0, 6.0}, "X"}});
  const std::string plain = to_svg_plot(conversation(), {.width_px = 1000.0});
  const std::string scored = to_svg_plot(conversation(), options);
  EXPECT_THAT(scored, HasSubstr(">X = B</text>"));
  const auto num_bars = [](const std::string& svg) {
    return std::pair(boxes(svg, "#3350a8").size(), boxes(svg, "#d4760f").size());
  };
  EXPECT_EQ(num_bars(plain), std::pair(std::size_t{2}, std::size_t{1}));
  EXPECT_EQ(num_bars(scored), num_bars(plain));
}

// The ninth speaker has the colour of the first; lines through the bars tell them apart.
TEST(SvgPlotTest, ColoursThatRepeatHaveLines) {
  std::vector<Turn> turns;
  for (int i = 0; i < 18; ++i)
    turns.push_back({{i * 1.0, i + 1.0}, std::string("S") + static_cast<char>('a' + i)});
  const std::string svg = to_svg_plot(Annotation("talk", std::move(turns)), {.width_px = 1000.0});
  EXPECT_EQ(boxes(svg, "#3350a8").size(), 3u);  // the first, the ninth and the seventeenth
  const auto lane_coloured = boxes(svg, "#f4f4f1");
  // 18 lanes; a line for the ninth to sixteenth, two for the others beyond.
  EXPECT_EQ(lane_coloured.size(), 18u + 8u + 2u * 2u);
}

TEST(SvgPlotTest, BothNamesOfAPairAreReadable) {
  PlotOptions options;
  const std::string uuid = "e3de7a10-6f0e-4c4f-9d43-aaaaaaaaaaaa";
  options.reference = Annotation("talk", {{{0.0, 4.0}, uuid}, {{4.0, 6.0}, "Y"}});
  const std::string svg =
      to_svg_plot(Annotation("talk", {{{0.0, 4.0}, "SPEAKER_00"}, {{4.0, 6.0}, "SPEAKER_01"}}), options);
  EXPECT_THAT(svg, HasSubstr(">e3de7a10-6f0e\xE2\x80\xA6"
                             " = SPEAKER_00</text>"));
  EXPECT_THAT(svg, HasSubstr(">Y = SPEAKER_01</text>"));
}

TEST(SvgPlotTest, SpeakersWithoutAPartnerHaveARow) {
  PlotOptions options;
  options.reference = Annotation("talk", {{{0.0, 4.0}, "X"}});
  const std::string svg = to_svg_plot(conversation(), options);
  EXPECT_THAT(svg, AllOf(HasSubstr(">X = A</text>"), HasSubstr(">B</text>")));
}

TEST(SvgPlotTest, NamesStayText) {
  const std::string svg =
      to_svg_plot(Annotation("x", {{{0.0, 1.0}, "</svg><script>&\"\x01\xE9"}}), {.title = "<t>"});
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr(">&lt;/svg&gt;&lt;script&gt;&amp;&quot; \xEF\xBF\xBD</text>"));
  EXPECT_THAT(svg, HasSubstr(">&lt;t&gt;</text>"));
}

TEST(SvgPlotTest, LongNamesAreCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "\xC3\xBC";
  const std::string svg = to_svg_plot(Annotation("x", {{{0.0, 1.0}, name}}));
  EXPECT_THAT(svg, HasSubstr("\xC3\xBC\xE2\x80\xA6</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("\xC3\xE2")));
}

TEST(SvgPlotTest, EqualInputGivesEqualBytes) {
  EXPECT_EQ(to_svg_plot(conversation()), to_svg_plot(conversation()));
}

TEST(SvgPlotTest, NothingToDrawIsStillAPicture) {
  EXPECT_THAT(to_svg_plot(Annotation()), AllOf(HasSubstr("<svg"), HasSubstr("</svg>")));
}

TEST(SvgPlotTest, ImpossibleOptionsAreRefused) {
  EXPECT_THROW(to_svg_plot(conversation(), {.width_px = 199.0}), InvalidArgument);
  EXPECT_THROW(to_svg_plot(conversation(), {.width_px = NAN}), InvalidArgument);
  EXPECT_THROW(to_svg_plot(conversation(), {.range = Segment{2.0, 2.0}}), InvalidArgument);
  EXPECT_THROW(to_svg_plot(conversation(), {.range = Segment{0.0, INFINITY}}), InvalidArgument);
  EXPECT_THROW(to_svg_plot(Annotation("x", {{{0.0, INFINITY}, "A"}})), InvalidArgument);
  EXPECT_THROW(to_png_plot(conversation(), {}, 0.5), InvalidArgument);
  EXPECT_THROW(to_png_plot(conversation(), {}, 9.0), InvalidArgument);
}

// Needs a build with cairo, which tools/setup.sh installs.
TEST(PngPlotTest, HasTheSizeOfTheSvg) {
  PlotOptions options;
  options.width_px = 600.0;
  const std::string svg = to_svg_plot(conversation(), options);
  const std::string png = to_png_plot(conversation(), options, 2.0);
  ASSERT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
  EXPECT_EQ(number_at(png, 16), 1200u);
  std::smatch height;
  ASSERT_TRUE(std::regex_search(svg, height, std::regex("height=\"(\\d+)\"")));
  EXPECT_EQ(number_at(png, 20), 2u * static_cast<unsigned>(std::stoi(height[1])));
}

TEST(WritePlotTest, TheExtensionChooses) {
  const TemporaryDirectory temporary;
  const fs::path folder = temporary.path();
  const auto start_of = [](const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(5, '\0');
    file.read(text.data(), 5);
    return text;
  };
  write_plot(folder / "a.SVG", conversation());
  EXPECT_EQ(start_of(folder / "a.SVG"), "<?xml");
  write_plot(folder / "a.png", conversation());
  EXPECT_EQ(start_of(folder / "a.png"), "\x89PNG\r");
  EXPECT_THROW(write_plot(folder / "a.pdf", conversation()), InvalidArgument);
  EXPECT_THROW(write_plot(folder / "none" / "a.svg", conversation()), OutputError);
  // Neither failure left anything behind.
  EXPECT_EQ(temporary.num_entries(), 2u);
}

}  // namespace
}  // namespace diar
