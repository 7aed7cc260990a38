// RTTM text beside pyannote.core's, and back.
#include "diar/io/rttm.h"

#include <sstream>

#include "diar/errors.h"
#include "golden_data.h"

namespace diar {
namespace {

TEST(Rttm, OddTimesPrintAsPyannotePrintsThem) {
  // Decimal ties, hours, a day; the empty segments of the recording never get into an annotation here.
  Annotation odd("", {{{0.0005, 0.0015}, "x"},
                      {{0.0015, 1.0}, "x"},
                      {{1.0625, 2.1875}, "x"},
                      {{3599.9995, 3600.0005}, "x"},
                      {{86399.9994, 90000.5}, "x"}});
  EXPECT_EQ(to_rttm(odd), golden::text(golden::folder() / "unit" / "rttm_odd.rttm"));
}

TEST(Rttm, ReadsWhatItWrites) {
  const std::string text = golden::text(golden::folder() / "runs" / "twelve_speakers" / "diarization.rttm");
  std::istringstream in(text);
  const auto annotations = read_rttm(in);
  ASSERT_EQ(annotations.size(), 1u);
  EXPECT_EQ(to_rttm(annotations[0]), text);
}

TEST(Rttm, WhiteSpaceInANameIsRefused) {
  EXPECT_THROW(to_rttm(Annotation("two words", {{{0.0, 1.0}, "A"}})), InvalidArgument);
  EXPECT_THROW(to_rttm(Annotation("a", {{{0.0, 1.0}, "two words"}})), InvalidArgument);
  EXPECT_THROW(to_rttm(Annotation("a", {{{0.0, 1.0}, ""}})), InvalidArgument);
}

TEST(Rttm, DamagedLinesAreNamed) {
  const auto message = [](const std::string& text) -> std::string {
    std::istringstream in(text);
    try {
      read_rttm(in, "ref.rttm");
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message("SPEAKER a 1 0.0\n").find("ref.rttm:1"), std::string::npos);
  EXPECT_NE(message("\n;; c\nSPEAKER a 1 0.0 -1 <NA> <NA> A <NA> <NA>\n").find("ref.rttm:3"),
            std::string::npos);
  EXPECT_NE(message("SPEAKER a 1 nan 1 <NA> <NA> A <NA> <NA>\n").find("nan"), std::string::npos);
}

TEST(Rttm, LinesMayEndAsOnAnySystem) {
  const std::string line = "SPEAKER a 1 1.000 2.000 <NA> <NA> B <NA> <NA>";
  for (const std::string& text :
       {line + "\r" + line + "\r", line + "\r\n" + line + "\r\n", line + "\r" + line,
        line + "\n" + line + "\r\n", "\r\r" + line + "\n\n" + line}) {
    std::istringstream in(text);
    const auto annotations = read_rttm(in);
    ASSERT_EQ(annotations.size(), 1u);
    EXPECT_EQ(annotations[0].turns().size(), 2u) << ::testing::PrintToString(text);
    EXPECT_EQ(annotations[0].turns()[1], (Turn{{1.0, 3.0}, "B"}));
  }
}

TEST(Rttm, WhatIsNoRttmIsRefused) {
  for (const std::string& text :
       {std::string("root:x:0:0:root:/root:/bin/bash\n"), std::string("{}"), std::string("\0\1\2", 3),
        std::string(
            "SPEAKER a 1 1.0 2.0 <NA> <NA> B <NA> <NA>\nspeaker a 1 1.0 2.0 <NA> <NA> B <NA> <NA>\n")}) {
    std::istringstream in(text);
    EXPECT_THROW(read_rttm(in), InputError) << ::testing::PrintToString(text);
  }
}

TEST(Rttm, OtherLinesArePassedOver) {
  std::istringstream in(
      ";; comment\n\nSPKR-INFO a 1 <NA> <NA> <NA> unknown A <NA>\n"
      "SPEAKER b 1 1.000 2.000 <NA> <NA> B <NA> <NA>\nSPEAKER a 1 0.500 1.000 <NA> <NA> A <NA> <NA>\r\n");
  const auto annotations = read_rttm(in);
  ASSERT_EQ(annotations.size(), 2u);
  EXPECT_EQ(annotations[0].uri(), "b");
  EXPECT_EQ(annotations[1].turns(), (std::vector<Turn>{{{0.5, 1.5}, "A"}}));
}

}  // namespace
}  // namespace diar
