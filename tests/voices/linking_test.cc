// The same voices in many recordings under one number.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "diar/errors.h"
#include "diar/linking.h"
#include "voice_samples.h"

namespace diar {
namespace {

using voices_test::PlainScoring;
using voices_test::Population;

/// Recordings of some people out of a population, with the truth.
struct Corpus {
  std::vector<RecordingSpeakers> recordings;
  std::vector<std::vector<std::size_t>> truth;
};

Corpus corpus_of(Population& population, std::size_t num_people, std::size_t num_recordings,
                 std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<std::vector<double>> people;
  for (std::size_t i = 0; i < num_people; ++i) people.push_back(population.person());
  Corpus corpus;
  for (std::size_t r = 0; r < num_recordings; ++r) {
    std::set<std::size_t> cast;
    while (cast.size() < 2 + r % 3) cast.insert(generator() % num_people);
    corpus.recordings.emplace_back();
    corpus.truth.emplace_back(cast.begin(), cast.end());
    for (const std::size_t person : cast) {
      auto& speakers = corpus.recordings.back().speakers;
      speakers.push_back({"S" + std::to_string(speakers.size()), population.sample(people[person])});
      corpus.recordings.back().speech_s.push_back(20.0 + static_cast<double>(generator() % 100));
    }
  }
  return corpus;
}

// Whether the numbers say of every two speakers what the truth says.
void expect_truth(const Corpus& corpus, const LinkedSpeakers& linked) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t r = 0; r < corpus.truth.size(); ++r) {
    ASSERT_EQ(linked.voice_of[r].size(), corpus.truth[r].size());
    for (std::size_t s = 0; s < corpus.truth[r].size(); ++s)
      all.emplace_back(corpus.truth[r][s], linked.voice_of[r][s]);
  }
  std::size_t wrong = 0;
  for (const auto& a : all) {
    for (const auto& b : all) wrong += (a.first == b.first) != (a.second == b.second) ? 1 : 0;
  }
  EXPECT_EQ(wrong, 0u);
}

TEST(Linking, FindsTheVoicesOfManyRecordings) {
  Population population(48, 8.0, 31);
  const Corpus corpus = corpus_of(population, 30, 60, 4);
  const LinkedSpeakers linked = link_speakers(corpus.recordings, population.scoring(), {});
  expect_truth(corpus, linked);
  double speech_s = 0.0;
  for (const LinkedVoice& voice : linked.voices) speech_s += voice.speech_s;
  double expected_s = 0.0;
  for (const auto& recording : corpus.recordings) {
    for (const double s : recording.speech_s) expected_s += s;
  }
  EXPECT_NEAR(speech_s, expected_s, 1e-6);
  // Numbered as they appear.
  std::size_t next = 0;
  for (const auto& voices : linked.voice_of) {
    for (const std::size_t voice : voices) {
      EXPECT_LE(voice, next);
      next = std::max(next, voice + 1);
    }
  }
}

TEST(Linking, TheOrderOfRecordingsMattersNot) {
  Population population(48, 8.0, 32);
  Corpus corpus = corpus_of(population, 12, 25, 5);
  std::mt19937 generator(8);
  for (int i = 0; i < 3; ++i) {
    std::vector<std::size_t> order(corpus.recordings.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    for (std::size_t k = order.size() - 1; k > 0; --k) std::swap(order[k], order[generator() % (k + 1)]);
    Corpus shuffled;
    for (const std::size_t k : order) {
      shuffled.recordings.push_back(corpus.recordings[k]);
      shuffled.truth.push_back(corpus.truth[k]);
    }
    expect_truth(shuffled, link_speakers(shuffled.recordings, population.scoring(), {}));
  }
}

TEST(Linking, TwoSpeakersOfARecordingAreTwoPeople) {
  Population population(16, 6.0, 33);
  const auto person = population.person();
  std::vector<RecordingSpeakers> recordings;
  for (int r = 0; r < 4; ++r) {
    recordings.push_back(
        {{{"A", population.sample(person)}, {"B", population.sample(person)}}, {30.0, 20.0}});
  }
  for (const auto& voices : link_speakers(recordings, population.scoring(), {}).voice_of)
    EXPECT_NE(voices[0], voices[1]);
}

TEST(Linking, WhoWasNeverHeardIsSomebodyNew) {
  Population population(16, 8.0, 34);
  const auto person = population.person();
  const std::vector<float> nothing(16, 0.0f);
  const std::vector<RecordingSpeakers> recordings = {
      {{{"A", population.sample(person)}, {"B", nothing}}, {30.0, 0.1}},
      {{{"A", nothing}, {"B", population.sample(person)}}, {0.1, 1.0}},
      {{}, {}}};
  const LinkedSpeakers linked = link_speakers(recordings, population.scoring(), {});
  EXPECT_EQ(linked.voice_of[0], (std::vector<std::size_t>{0, 1}));
  // One second of speech joins what longer ones have founded.
  EXPECT_EQ(linked.voice_of[1], (std::vector<std::size_t>{2, 0}));
  EXPECT_TRUE(linked.voice_of[2].empty());
  EXPECT_TRUE(link_speakers({}, population.scoring(), {}).voices.empty());
}

TEST(Linking, EmbeddingsOfTwoLengthsAreRefused) {
  Population population(4, 2.0, 35);
  const std::vector<RecordingSpeakers> recordings = {{{{"A", {1, 2, 3, 4}}, {"B", {1, 2, 3}}}, {5.0, 5.0}}};
  EXPECT_THROW(link_speakers(recordings, population.scoring(), {}), InvalidArgument);
}

}  // namespace
}  // namespace diar
