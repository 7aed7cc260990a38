// How sure turns are, and known voices, in C.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "c_api/c_caller.h"
#include "diar/engine.h"
#include "diar/io/formats.h"
#include "diar/voices.h"
#include "temporary_directory.h"

namespace diar {
namespace {

using namespace c_api_test;

class CApiVoices : public CApi {
 protected:
  CApiVoices() : result_(run(engine_, *floats_, 16000)) {
    const Engine engine = Engine::load(kModel);
    output_ = engine.diarize({*floats_, 16000});
    const SpeakerEmbedding& first = output_.speaker_embeddings.at(0);
    book_.add("Anna", {first.values, "a.wav", 10.0, "2026-11-29"}, engine.encoder_id());
    write_voice_book(path_, book_);
    VoiceBook foreign;
    foreign.add("Bo", {{1.0f, 2.0f}, "b.wav", 10.0, "2026-11-29"}, "another encoder");
    write_voice_book(foreign_, foreign);
  }

  DiarizationOutput output_;
  VoiceBook book_;
  ResultPtr result_;
  const TemporaryDirectory folder_;
  const std::string path_ = folder_.file("voices.json");
  const std::string foreign_ = folder_.file("foreign.json");
};

TEST_F(CApiVoices, TurnsSayHowSureTheyAre) {
  ASSERT_GT(output_.diarization.turns().size(), 1u);
  for (const int kind : {DIAR_TURNS_ALL, DIAR_TURNS_EXCLUSIVE}) {
    const Annotation& wanted = kind == DIAR_TURNS_ALL ? output_.diarization : output_.exclusive_diarization;
    for (std::size_t i = 0; i < wanted.turns().size(); ++i) {
      diar_turn turn = {};
      ASSERT_EQ(diar_result_turn(result_.get(), kind, i, &turn), DIAR_OK);
      ASSERT_TRUE(wanted.turns()[i].confidence);
      EXPECT_EQ(turn.confidence, static_cast<double>(*wanted.turns()[i].confidence));
    }
  }
  diar_options with = options();
  with.min_confidence = 0.9;
  const ResultPtr sure = run(engine_, *floats_, 16000, &with);
  EXPECT_EQ(diar_result_num_turns(sure.get(), DIAR_TURNS_ALL),
            output_.diarization.without_unsure_turns(0.9).turns().size());
  with.min_confidence = 2.0;
  diar_result* raw = nullptr;
  EXPECT_EQ(diar_diarize_float(engine_, nullptr, 0, 16000, &with, &raw), DIAR_ERROR_ARGUMENT);
  with = options();
  with.profile = DIAR_PROFILE_BEST + 1;
  EXPECT_EQ(diar_diarize_float(engine_, nullptr, 0, 16000, &with, &raw), DIAR_ERROR_ARGUMENT);
}

TEST_F(CApiVoices, ABookGivesNames) {
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_result_identify(result_.get(), engine_, path_.c_str(), nullptr, &raw), DIAR_OK)
      << diar_last_error();
  const ResultPtr named(raw);
  ASSERT_EQ(diar_result_num_speakers(raw), output_.speaker_embeddings.size());
  ASSERT_GE(output_.speaker_embeddings.size(), 2u);
  diar_speaker speaker = {};
  speaker.struct_size = sizeof speaker;
  ASSERT_EQ(diar_result_speaker(raw, 0, &speaker), DIAR_OK);
  EXPECT_STREQ(speaker.label, "Anna");
  EXPECT_STREQ(speaker.identity, "named");
  EXPECT_STREQ(speaker.candidate, "Anna");
  EXPECT_GE(speaker.candidate_probability, 0.95);
  EXPECT_GT(speaker.num_turns, 0u);
  ASSERT_EQ(diar_result_speaker(raw, 1, &speaker), DIAR_OK);
  EXPECT_STREQ(speaker.label, output_.speaker_embeddings[1].speaker.c_str());
  EXPECT_STRNE(speaker.identity, "named");
  EXPECT_NE(text_of(raw).find(" Anna "), std::string::npos);
  EXPECT_NE(text_of(raw, "json").find("\"identities\""), std::string::npos);
  EXPECT_EQ(diar_result_num_windows(raw), diar_result_num_windows(result_.get()));
  // The first one is as it was.
  ASSERT_EQ(diar_result_speaker(result_.get(), 0, &speaker), DIAR_OK);
  EXPECT_STREQ(speaker.label, output_.speaker_embeddings[0].speaker.c_str());
  EXPECT_EQ(speaker.identity, nullptr);
  EXPECT_EQ(speaker.candidate, nullptr);
}

TEST_F(CApiVoices, NobodyIsNamedWhoIsNotLikelyEnough) {
  diar_identify_options with;
  ASSERT_EQ(diar_identify_options_init(&with, sizeof with), DIAR_OK);
  with.min_speech_s = 1000.0;
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_result_identify(result_.get(), engine_, path_.c_str(), &with, &raw), DIAR_OK);
  const ResultPtr unnamed(raw);
  diar_speaker speaker = {};
  speaker.struct_size = sizeof speaker;
  ASSERT_EQ(diar_result_speaker(raw, 0, &speaker), DIAR_OK);
  EXPECT_STREQ(speaker.identity, "little_speech");
  EXPECT_EQ(text_of(raw), text_of(result_.get()));
}

TEST_F(CApiVoices, WrongBooksAndHandlesAreRefused) {
  diar_result* raw = nullptr;
  const auto identify = [&](const char* book) {
    const diar_status status = diar_result_identify(result_.get(), engine_, book, nullptr, &raw);
    EXPECT_EQ(raw, nullptr);
    return status;
  };
  EXPECT_EQ(identify("/no/such/book.json"), DIAR_ERROR_INPUT);
  EXPECT_EQ(identify((kModel + "/model.json").c_str()), DIAR_ERROR_INPUT);
  EXPECT_EQ(identify(foreign_.c_str()), DIAR_ERROR_ARGUMENT);
  EXPECT_NE(std::strlen(diar_result_message(result_.get())), 0u);
  EXPECT_EQ(identify(nullptr), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(identify(""), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_result_identify(result_.get(), engine_, path_.c_str(), nullptr, nullptr),
            DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_result_identify(nullptr, engine_, path_.c_str(), nullptr, &raw), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_result_identify(result_.get(), nullptr, path_.c_str(), nullptr, &raw), DIAR_ERROR_HANDLE);
  diar_identify_options with;
  EXPECT_EQ(diar_identify_options_init(&with, 1), DIAR_ERROR_ARGUMENT);
}

}  // namespace
}  // namespace diar
