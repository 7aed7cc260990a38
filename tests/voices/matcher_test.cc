// Names for speakers: the likelihood ratios against their definition, thresholds, one-to-one, speed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <numbers>

#include "assign/scoring.h"
#include "diar/errors.h"
#include "diar/voices.h"
#include "voice_samples.h"
#include "voices/plda_trials.h"

namespace diar {
namespace {

using voices_test::PlainScoring;
using voices_test::Population;
using voices_test::sample_of;

constexpr const char* kEncoder = "test-encoder";

double log_normal(double x, double mean, double variance) {
  return -0.5 * (std::log(2.0 * std::numbers::pi * variance) + (x - mean) * (x - mean) / variance);
}

// log p(x | samples) / p(x) in one dimension, the person's voice integrated out on a grid.
double llr_by_integration(double x, const std::vector<double>& samples, double phi) {
  const double step = 0.002, reach = 60.0;
  double joint = 0.0, enrolment = 0.0;
  for (double m = -reach; m < reach; m += step) {
    double log_p = log_normal(m, 0.0, phi);
    for (const double sample : samples) log_p += log_normal(sample, m, 1.0);
    enrolment += step * std::exp(log_p);
    joint += step * std::exp(log_p + log_normal(x, m, 1.0));
  }
  return std::log(joint / enrolment) - log_normal(x, 0.0, phi + 1.0);
}

TEST(PldaTrials, AreTheLikelihoodRatiosOfTheModel) {
  for (const double phi : {0.3, 4.0}) {
    const PlainScoring scoring({phi});
    const PldaTrials trials(scoring);
    for (const std::vector<double>& samples :
         {std::vector<double>{0.7}, std::vector<double>{0.7, 1.4, -0.2}, std::vector<double>{-3, -3.5}}) {
      Enrolled person{{0.0}, static_cast<double>(samples.size())};
      for (const double sample : samples) person.mean[0] += sample / person.count;
      Gallery gallery(trials);
      gallery.add({{100.0}, 1.0});
      gallery.add(person);
      gallery.replace(0, person);
      for (const double x : {-2.0, 0.1, 3.0}) {
        const double expected = llr_by_integration(x, samples, phi);
        EXPECT_NEAR(trials.llr({&x, 1}, person), expected, 1e-6);
        // The table of all people is the same number by number.
        for (const double score : gallery.scores({&x, 1})) EXPECT_NEAR(score, expected, 1e-6);
      }
    }
  }
}

TEST(PldaTrials, OneSampleIsThePairsScore) {
  Population population(8, 2.5, 1);
  const PlainScoring scoring = population.scoring();
  const PldaTrials trials(scoring);
  for (int i = 0; i < 5; ++i) {
    const auto person = population.person();
    const auto a = population.sample(person), b = population.sample(person);
    const Enrolled enrolled{trials.transform(a, 8), 1.0};
    EXPECT_NEAR(trials.llr(trials.transform(b, 8), enrolled), scoring.score(a, b), 1e-9);
    EXPECT_NEAR(trials.merge_llr(enrolled, {trials.transform(b, 8), 1.0}), scoring.score(a, b), 1e-9);
  }
}

TEST(PldaTrials, WithoutASpaceTheyAreCosines) {
  const PldaTrials trials(*cosine_scoring());
  const std::vector<float> a = {3, 4}, b = {4, 3};
  EXPECT_NEAR(trials.llr(trials.transform(a, 2), {trials.transform(b, 2), 1.0}), 0.96, 1e-7);
}

class Matching : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 6; ++i) {
      people_.push_back(population_.person());
      for (int sample = 0; sample < 2; ++sample)
        book_.add("person " + std::to_string(i), sample_of(population_.sample(people_.back())), kEncoder);
    }
  }
  VoiceMatcher matcher() const { return VoiceMatcher(book_, scoring_, kEncoder, {}); }
  // Speakers of ten seconds each.
  std::vector<SpeakerIdentity> identify(const std::vector<std::vector<float>>& speakers,
                                        const IdentifyOptions& options = {}) const {
    std::vector<SpeakerEmbedding> embeddings;
    Annotation annotation;
    for (std::size_t i = 0; i < speakers.size(); ++i) {
      const std::string label = "SPEAKER_0" + std::to_string(i);
      embeddings.push_back({label, speakers[i]});
      annotation.add({{10.0 * static_cast<double>(i), 10.0 * static_cast<double>(i + 1)}, label});
    }
    return matcher().identify(embeddings, annotation, options);
  }

  Population population_{32, 6.0, 11};
  PlainScoring scoring_ = population_.scoring();
  std::vector<std::vector<double>> people_;
  VoiceBook book_;
};

TEST_F(Matching, NamesWhoIsKnownAndNobodyElse) {
  const auto stranger = population_.person();
  const auto identities = identify(
      {population_.sample(people_[4]), population_.sample(stranger), population_.sample(people_[1])});
  ASSERT_EQ(identities.size(), 3u);
  EXPECT_EQ(identities[0].name, "person 4");
  EXPECT_EQ(identities[0].reason, IdentityReason::kNamed);
  EXPECT_GT(identities[0].candidates[0].probability, 0.95);
  EXPECT_EQ(identities[0].candidates.size(), 3u);
  EXPECT_EQ(identities[0].speech_s, 10.0);
  EXPECT_EQ(identities[1].name, "");
  EXPECT_EQ(identities[1].reason, IdentityReason::kBelowThreshold);
  EXPECT_EQ(identities[2].name, "person 1");
}

TEST_F(Matching, ProbabilitiesCountTheStranger) {
  const auto identities = identify({population_.sample(people_[2])});
  double others = 0.0;
  for (const VoiceScore& score : identities[0].candidates) others += score.probability;
  EXPECT_LT(others, 1.0 + 1e-12);
  const VoiceScore& best = identities[0].candidates[0];
  // p = (L / n) / (1 + sum L_k / n), and the rest of the six hardly count.
  EXPECT_NEAR(best.probability, std::exp(best.llr) / 6 / (1 + std::exp(best.llr) / 6), 1e-3);
}

TEST_F(Matching, APersonIsOneSpeakerOnly) {
  auto near = population_.sample(people_[3]);
  std::vector<float> exact(people_[3].begin(), people_[3].end());
  const auto identities = identify({near, exact});
  EXPECT_EQ(identities[1].name, "person 3");
  EXPECT_EQ(identities[0].name, "");
  EXPECT_EQ(identities[0].reason, IdentityReason::kTaken);
}

TEST_F(Matching, TwoPeopleOfOneVoiceAreNobody) {
  for (int i = 0; i < 2; ++i) {
    const Voice twin = *book_.find("person 5");
    for (const VoiceSample& sample : twin.samples) book_.add("twin", sample, kEncoder);
  }
  IdentifyOptions options;
  options.threshold = 0.2;
  const auto identities = identify({population_.sample(people_[5])}, options);
  EXPECT_EQ(identities[0].name, "");
  EXPECT_EQ(identities[0].reason, IdentityReason::kNoLead);
}

TEST_F(Matching, OnlySomeMayBeNamedAndTheOthersCountAsOthers) {
  IdentifyOptions options;
  options.only = {"person 0"};
  const auto identities = identify({population_.sample(people_[0]), population_.sample(people_[1])}, options);
  EXPECT_EQ(identities[0].name, "person 0");
  EXPECT_EQ(identities[1].name, "");
  ASSERT_EQ(identities[1].candidates.size(), 1u);
  EXPECT_EQ(identities[1].candidates[0].name, "person 0");
  options.only = {"nobody"};
  EXPECT_THROW(identify({population_.sample(people_[0])}, options), InvalidArgument);
}

TEST_F(Matching, LittleSpeechAndNoVoiceStayUnknown) {
  const std::vector<SpeakerEmbedding> speakers = {{"SPEAKER_00", population_.sample(people_[0])},
                                                  {"SPEAKER_01", std::vector<float>(32, 0.0f)}};
  const Annotation annotation("x", {{{0, 1.5}, "SPEAKER_00"}, {{2, 20}, "SPEAKER_01"}});
  for (const SpeakerIdentity& identity : matcher().identify(speakers, annotation))
    EXPECT_EQ(identity.reason, IdentityReason::kLittleSpeech);
  const VoiceMatcher nobody(VoiceBook(), scoring_, kEncoder, {});
  EXPECT_EQ(nobody.identify(speakers, annotation)[0].reason, IdentityReason::kEmptyBook);
}

TEST_F(Matching, ABookOfAnotherEncoderIsRefused) {
  EXPECT_THROW(VoiceMatcher(book_, scoring_, "another", {}), InvalidArgument);
}

TEST_F(Matching, TheBooksCalibrationReplacesTheModels) {
  const auto speaker = population_.sample(people_[0]);
  const double raw = identify({speaker})[0].candidates[0].llr;
  book_.set_calibration(VoiceCalibration{0.5, 1.0});
  EXPECT_NEAR(identify({speaker})[0].candidates[0].llr, 0.5 * raw + 1.0, 1e-9);
}

// A meeting of eight against ten thousand people, reading the book included.
TEST(Matcher, TenThousandPeopleTakeUnderASecond) {
  Population population(128, 4.0, 5);
  VoiceBook book;
  std::vector<double> wanted;
  for (int i = 0; i < 10000; ++i) {
    const auto person = population.person();
    if (i == 7000) wanted = person;
    char name[16];
    std::snprintf(name, sizeof(name), "p%05d", i);
    book.add(name, sample_of(population.sample(person)), kEncoder);
  }
  const std::string text = to_json(book);
  const PlainScoring scoring = population.scoring();
  const auto start = std::chrono::steady_clock::now();
  const VoiceMatcher matcher(parse_voice_book(text, "b"), scoring, kEncoder, {});
  std::vector<SpeakerEmbedding> speakers;
  Annotation annotation;
  for (int i = 0; i < 8; ++i) {
    const std::string label = "S" + std::to_string(i);
    speakers.push_back({label, population.sample(i == 0 ? wanted : population.person())});
    annotation.add({{static_cast<double>(i), i + 30.0}, label});
  }
  const auto identities = matcher.identify(speakers, annotation);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(identities[0].name, "p07000");
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(elapsed.count(), 1.0);
#endif
}

}  // namespace
}  // namespace diar
