// UEM text: what is read, and every way to be malformed.
#include "diar/io/uem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "diar/errors.h"

namespace diar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Uem parse(const std::string& text) {
  std::istringstream in(text);
  return read_uem(in, "test.uem");
}

std::string refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing refused";
}

TEST(Uem, RegionsOfEachRecording) {
  const Uem uem = parse(
      "\xef\xbb\xbf;; a comment\n"
      "meeting 1 0.000 12.5\r\n"
      "\n"
      "  call\t1 3 3\n"
      "meeting 1 20 30.25");
  EXPECT_THAT(uem, ElementsAre(Pair("call", ElementsAre(Segment{3, 3})),
                               Pair("meeting", ElementsAre(Segment{0, 12.5}, Segment{20, 30.25}))));
}

TEST(Uem, EmptyTextHasNoRegions) {
  EXPECT_TRUE(parse("").empty());
  EXPECT_TRUE(parse("\n;;\n").empty());
}

TEST(Uem, MalformedTextIsRefusedWithItsLine) {
  EXPECT_THAT(refusal("a 1 0 5\nb 1 0\n"), HasSubstr("test.uem:2: a UEM line has 4 fields"));
  EXPECT_THAT(refusal("a 1 0 x\n"), HasSubstr("test.uem:1: 'x' is not a time"));
  EXPECT_THAT(refusal("a 1 -1 5\n"), HasSubstr("'-1' is not a time"));
  EXPECT_THAT(refusal("a 1 0 inf\n"), HasSubstr("'inf' is not a time"));
  EXPECT_THAT(refusal("a 1 nan 5\n"), HasSubstr("'nan' is not a time"));
  EXPECT_THAT(refusal("a 1 0 5s\n"), HasSubstr("'5s' is not a time"));
  EXPECT_THAT(refusal("a 1 0 1e999\n"), HasSubstr("'1e999' is not a time"));
  EXPECT_THAT(refusal("a 1 5 4\n"), HasSubstr("ends before it starts"));
}

TEST(Uem, NamesWithSpacesAreRefused) {
  EXPECT_THAT(refusal("my meeting 1 0 5\n"), HasSubstr("must not hold spaces"));
}

TEST(Uem, LinesWithoutAnEndAreRefused) {
  EXPECT_THAT(refusal(std::string(70000, 'a')), HasSubstr("more than 64 KiB"));
}

TEST(Uem, FilesThatCannotBeRead) {
  EXPECT_THROW(read_uem_file("/no/such/file.uem"), InputError);
  EXPECT_THROW(read_uem_file("/"), InputError);
}

}  // namespace
}  // namespace diar
