#include "diar/speaker_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "diar/errors.h"
#include "diar/overlap.h"
#include "temporary_directory.h"

namespace diar {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(SpeakerNames, PlainQuotedAndUnicode) {
  EXPECT_THAT(
      parse_speaker_names(R"( SPEAKER_00 = Host ,B="Ann \"A\" \\ B, jr.",C=会议 👩‍🔬,D=x=y)"),
      ElementsAre(Pair("B", R"(Ann "A" \ B, jr.)"), Pair("C", "会议 👩‍🔬"), Pair("D", "x=y"),
                  Pair("SPEAKER_00", "Host")));
}

class BadSpeakerNames : public ::testing::TestWithParam<const char*> {};
TEST_P(BadSpeakerNames, AreInvalid) {
  EXPECT_THROW(parse_speaker_names(GetParam()), InvalidArgument);
}
INSTANTIATE_TEST_SUITE_P(Texts, BadSpeakerNames,
                         ::testing::Values("", "A", "A=", "=B", "A=B,", "A=B,A=C", "A=\"B", "A=\"B\" C",
                                           "A=\"\"", "A=\"\\", "A=x\ty"));

TEST(SpeakerNames, RenamingMergesAndKeepsTheRest) {
  const Annotation annotation("x", {{{0, 1}, "A"}, {{1, 2}, "B"}, {{2, 3}, "C"}});
  const SpeakerNames names = {{"A", "Ann"}, {"B", "Ann"}, {"Z", "Nobody"}};
  EXPECT_THAT(renamed(annotation, names).speakers(), ElementsAre("Ann", "C"));
  EXPECT_THAT(unknown_labels(names, annotation), ElementsAre("Z"));
}

TEST(SpeakerNames, File) {
  const TemporaryDirectory folder;
  const std::string path = folder.file("diar_names.txt");
  std::ofstream(path) << "\xEF\xBB\xBF# who\r\nSPEAKER_00=Ann B., jr.\r\n\r\nB=\"x, y\"\n";
  EXPECT_THAT(read_speaker_names(path), ElementsAre(Pair("B", "x, y"), Pair("SPEAKER_00", "Ann B., jr.")));
  std::ofstream(path) << "A=B\nC\n";
  try {
    read_speaker_names(path);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("diar_names.txt:2: "));
  }
  EXPECT_THROW(read_speaker_names(path + ".absent"), InputError);
}

TEST(Overlap, TakingOverIsNone) {
  const Annotation annotation("x", {{{0, 1}, "A"}, {{1, 2}, "B"}, {{1, 1}, "C"}, {{3, 4}, "A"}});
  EXPECT_THAT(segments_with_speakers(annotation, 2), ElementsAre());
  EXPECT_THAT(segments_with_speakers(annotation, 1), ElementsAre(Segment{0, 2}, Segment{3, 4}));
}

TEST(Overlap, ThreeSpeakersAndJoinedSegments) {
  const Annotation annotation("x",
                              {{{0, 10}, "A"}, {{1, 2}, "B"}, {{2, 3}, "C"}, {{2.5, 4}, "B"}, {{6, 7}, "A"}});
  EXPECT_THAT(segments_with_speakers(annotation, 2), ElementsAre(Segment{1, 4}));
  EXPECT_THAT(segments_with_speakers(annotation, 3), ElementsAre(Segment{2.5, 3}));
}

}  // namespace
}  // namespace diar
