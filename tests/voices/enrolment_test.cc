// Which recordings may enrol somebody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diar/errors.h"
#include "diar/voices.h"
#include "voice_samples.h"

namespace diar {
namespace {

using ::testing::HasSubstr;
using voices_test::PlainScoring;

// Two voices that are clearly two.
const std::vector<float> kAnn = {4.0f, 0.0f, 0.0f};
const std::vector<float> kBo = {-4.0f, 2.0f, 0.0f};

class Enrolment : public ::testing::Test {
 protected:
  DiarizationOutput output(std::vector<Turn> turns) const {
    DiarizationOutput result;
    result.diarization = Annotation("x", std::move(turns));
    result.speaker_embeddings = {{"SPEAKER_00", kAnn}, {"SPEAKER_01", second_}};
    return result;
  }
  VoiceSample enrol(std::vector<Turn> turns) const {
    return enrolled_voice(output(std::move(turns)), scoring_, {}, options_, "a.wav", "2026-11-29");
  }
  template <class Failure>
  std::string refusal(std::vector<Turn> turns) const {
    try {
      enrol(std::move(turns));
    } catch (const Failure& error) {
      return error.what();
    }
    ADD_FAILURE() << "it was taken";
    return {};
  }

  PlainScoring scoring_{{4.0, 4.0, 4.0}};
  EnrolmentOptions options_;
  std::vector<float> second_ = kBo;
};

TEST_F(Enrolment, TakesOnePersonsRecording) {
  // Half a second of somebody else is nothing.
  const VoiceSample sample =
      enrol({{{0, 6}, "SPEAKER_00"}, {{7, 7.5}, "SPEAKER_01"}, {{8, 10}, "SPEAKER_00"}});
  EXPECT_EQ(sample.embedding, kAnn);
  EXPECT_EQ(sample.speech_s, 8.0);
  EXPECT_EQ(sample.source, "a.wav");
  EXPECT_EQ(sample.date, "2026-11-29");
}

TEST_F(Enrolment, RefusesShortAndOverlappedSpeech) {
  EXPECT_THAT(refusal<AudioError>({{{0, 4.9}, "SPEAKER_00"}}), HasSubstr("only 4.9 s"));
  options_.max_other_s = 100.0;
  options_.max_other_share = 1.0;
  // Ten seconds, of which the other talks into seven.
  EXPECT_THAT(refusal<AudioError>({{{0, 10}, "SPEAKER_00"}, {{2, 9}, "SPEAKER_01"}}),
              HasSubstr("only 3.0 s"));
  options_.min_clean_s = 3.0;
  EXPECT_EQ(enrol({{{0, 10}, "SPEAKER_00"}, {{2, 9}, "SPEAKER_01"}}).speech_s, 3.0);
}

TEST_F(Enrolment, RefusesASecondPerson) {
  EXPECT_THAT(refusal<AudioError>({{{0, 60}, "SPEAKER_00"}, {{60, 63}, "SPEAKER_01"}}),
              HasSubstr("a second person talks in it for 3.0 s"));
  // A tenth of the first one's speech is substance, however short.
  EXPECT_THAT(refusal<AudioError>({{{0, 10}, "SPEAKER_00"}, {{10, 11.5}, "SPEAKER_01"}}),
              HasSubstr("a second person"));
}

TEST_F(Enrolment, OnePersonInTwoClustersIsOne) {
  second_ = {3.5f, 0.2f, -0.1f};
  EXPECT_EQ(enrol({{{0, 10}, "SPEAKER_00"}, {{10, 15}, "SPEAKER_01"}}).embedding, kAnn);
}

TEST_F(Enrolment, TakesTheSpeakerThatWasChosen) {
  options_.speaker = "SPEAKER_01";
  EXPECT_EQ(enrol({{{0, 60}, "SPEAKER_00"}, {{60, 68}, "SPEAKER_01"}}).embedding, kBo);
  options_.speaker = "SPEAKER_02";
  EXPECT_THAT(refusal<InvalidArgument>({{{0, 60}, "SPEAKER_00"}, {{60, 68}, "SPEAKER_01"}}),
              HasSubstr("only SPEAKER_00, SPEAKER_01"));
}

TEST_F(Enrolment, SilenceAndVoicelessSpeechHaveNobody) {
  EXPECT_THAT(refusal<AudioError>({}), HasSubstr("nobody speaks"));
  second_ = {0, 0, 0};
  EXPECT_THAT(refusal<AudioError>({{{0, 60}, "SPEAKER_01"}}), HasSubstr("long enough"));
}

TEST(CleanSpeech, LeavesOutOthersButNotOneself) {
  const Annotation annotation("x", {{{0, 10}, "A"}, {{5, 12}, "A"}, {{8, 9}, "B"}, {{20, 21}, "B"}});
  EXPECT_DOUBLE_EQ(clean_speech_s(annotation, "B"), 1.0);
  EXPECT_DOUBLE_EQ(clean_speech_s(annotation, "C"), 0.0);
}

}  // namespace
}  // namespace diar
