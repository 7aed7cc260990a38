// The C interface against the C++ one, and everything that a caller may do wrong.
#include "diar/diar.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "c_api/c_caller.h"
#include "diar/engine.h"
#include "diar/io/rttm.h"

namespace diar {
namespace {

using namespace c_api_test;

TEST_F(CApi, VersionsAndNames) {
  EXPECT_EQ(diar_abi_version(), DIAR_ABI_VERSION);
  EXPECT_EQ(diar_check_abi(DIAR_ABI_VERSION), DIAR_OK);
  EXPECT_EQ(diar_check_abi(DIAR_ABI_VERSION + 1), DIAR_ERROR_ARGUMENT);
  EXPECT_STREQ(diar_status_name(DIAR_ERROR_AUDIO), "audio");
  EXPECT_STREQ(diar_status_name(-7), "unknown");
  EXPECT_STREQ(diar_engine_model_name(engine_), "starter");
  EXPECT_EQ(std::string(diar_engine_device_name(engine_)).rfind("cpu", 0), 0u);
  EXPECT_EQ(diar_engine_embedding_dimension(engine_), 192u);
  EXPECT_EQ(diar_engine_model_name(nullptr), nullptr);
}

TEST_F(CApi, AFileGivesWhatCppGives) {
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_diarize_file(engine_, kTwoSpeakers.c_str(), nullptr, &raw), DIAR_OK) << diar_last_error();
  const ResultPtr result(raw);
  SessionOptions cpp_options;
  cpp_options.uri = "two_speakers";
  const Engine engine = Engine::load(kModel);
  const DiarizationOutput output = engine.diarize(*open_audio(kTwoSpeakers), cpp_options);

  EXPECT_EQ(text_of(raw), to_rttm(output.diarization));
  EXPECT_EQ(text_of(raw, "rttm", DIAR_TURNS_EXCLUSIVE), to_rttm(output.exclusive_diarization));
  EXPECT_NE(text_of(raw, "json").find("\"speakers\""), std::string::npos);
  EXPECT_EQ(diar_result_duration_s(raw), output.duration_s);
  EXPECT_EQ(diar_result_num_windows(raw), output.num_windows);
  ASSERT_EQ(diar_result_num_speakers(raw), output.speaker_embeddings.size());
  double speech_s = 0.0;
  std::uint64_t num_turns = 0;
  for (std::size_t i = 0; i < output.speaker_embeddings.size(); ++i) {
    diar_speaker speaker = {};
    speaker.struct_size = sizeof speaker;
    ASSERT_EQ(diar_result_speaker(raw, i, &speaker), DIAR_OK);
    EXPECT_EQ(speaker.label, output.speaker_embeddings[i].speaker);
    EXPECT_EQ(std::vector<float>(speaker.embedding, speaker.embedding + speaker.embedding_dimension),
              output.speaker_embeddings[i].values);
    speech_s += speaker.speech_s;
    num_turns += speaker.num_turns;
  }
  ASSERT_EQ(num_turns, output.diarization.turns().size());
  ASSERT_EQ(diar_result_num_turns(raw, DIAR_TURNS_ALL), num_turns);
  EXPECT_EQ(diar_result_num_turns(raw, DIAR_TURNS_EXCLUSIVE), output.exclusive_diarization.turns().size());
  for (std::size_t i = 0; i < num_turns; ++i) {
    diar_turn turn = {};
    ASSERT_EQ(diar_result_turn(raw, DIAR_TURNS_ALL, i, &turn), DIAR_OK);
    const Turn& wanted = output.diarization.turns()[i];
    EXPECT_EQ(turn.label, wanted.speaker);
    EXPECT_EQ(turn.start_s, wanted.segment.start_s);
    EXPECT_EQ(turn.end_s, wanted.segment.end_s);
    EXPECT_EQ(output.speaker_embeddings.at(turn.speaker).speaker, wanted.speaker);
    speech_s -= turn.end_s - turn.start_s;
  }
  EXPECT_NEAR(speech_s, 0.0, 1e-9);  // rounding of a sum in another order
  diar_turn turn = {};
  EXPECT_EQ(diar_result_turn(raw, DIAR_TURNS_ALL, num_turns, &turn), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_result_turn(raw, 2, 0, &turn), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_result_turn(raw, DIAR_TURNS_ALL, 0, nullptr), DIAR_ERROR_ARGUMENT);
}

TEST_F(CApi, FloatsIntegersAndSessionsAgree) {
  diar_options with = options();
  with.uri = "talk";
  const ResultPtr floats = run(engine_, *floats_, 16000, &with);
  const std::string wanted = text_of(floats.get());
  EXPECT_NE(wanted.find("SPEAKER talk 1 "), std::string::npos);
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_diarize_int16(engine_, int16_->data(), int16_->size(), 16000, &with, &raw), DIAR_OK);
  EXPECT_EQ(text_of(ResultPtr(raw).get()), wanted);

  diar_session* session = nullptr;
  ASSERT_EQ(diar_session_open(engine_, 16000, &with, &session), DIAR_OK);
  const SessionPtr owner(session);
  for (std::size_t at = 0, piece = 1; at < int16_->size(); at += piece, piece = piece * 3 + 1) {
    piece = std::min(piece, int16_->size() - at);
    ASSERT_EQ(diar_session_push_int16(session, int16_->data() + at, piece), DIAR_OK);
  }
  diar_session_state state = {};
  state.struct_size = sizeof state;
  ASSERT_EQ(diar_session_poll(session, &state), DIAR_OK);
  EXPECT_EQ(state.pushed_s, 14.0);
  EXPECT_LE(state.waiting_s, state.capacity_s);
  ASSERT_EQ(diar_session_finish(session, &raw), DIAR_OK) << diar_session_message(session);
  EXPECT_EQ(text_of(ResultPtr(raw).get()), wanted);
}

// The resampler goes on from piece to piece.
TEST_F(CApi, PiecesAtAnotherRateGiveTheResultOfTheWhole) {
  std::vector<float> slow;
  for (std::size_t i = 0; i + 1 < floats_->size(); i += 2)
    slow.push_back(((*floats_)[i] + (*floats_)[i + 1]) / 2);
  const ResultPtr whole = run(engine_, slow, 8000);
  EXPECT_GT(diar_result_num_turns(whole.get(), DIAR_TURNS_ALL), 0u);
  EXPECT_EQ(diar_result_duration_s(whole.get()), 14.0);
  diar_session* session = nullptr;
  ASSERT_EQ(diar_session_open(engine_, 8000, nullptr, &session), DIAR_OK);
  const SessionPtr owner(session);
  for (std::size_t at = 0; at < slow.size(); at += 7919)
    ASSERT_EQ(
        diar_session_push_float(session, slow.data() + at, std::min<std::size_t>(7919, slow.size() - at)),
        DIAR_OK);
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_session_finish(session, &raw), DIAR_OK);
  EXPECT_EQ(text_of(ResultPtr(raw).get()), text_of(whole.get()));
}

TEST_F(CApi, CountsOfSpeakersAndOtherOptionsArrive) {
  diar_options with = options();
  with.num_speakers = 1;
  EXPECT_EQ(diar_result_num_speakers(run(engine_, *floats_, 16000, &with).get()), 1u);
  diar_result* raw = nullptr;
  const auto refused = [&](const diar_options& bad, const char* word) {
    EXPECT_EQ(diar_diarize_float(engine_, floats_->data(), floats_->size(), 16000, &bad, &raw),
              DIAR_ERROR_ARGUMENT);
    EXPECT_EQ(raw, nullptr);
    EXPECT_NE(std::string(diar_engine_message(engine_)).find(word), std::string::npos)
        << diar_engine_message(engine_);
  };
  with = options();
  with.num_speakers = -1;
  refused(with, "negative");
  with = options();
  with.min_speakers = 3;
  with.max_speakers = 2;
  refused(with, "minimum");
  with = options();
  with.threshold = std::numeric_limits<double>::quiet_NaN();
  refused(with, "threshold");
  with = options();
  with.step_s = std::numeric_limits<double>::quiet_NaN();
  refused(with, "step");
  with = options();
  with.min_duration_s = -std::numeric_limits<double>::infinity();
  refused(with, "shortest");
  with = options();
  with.speed = 3;
  refused(with, "speed");
  with = options();
  with.channel = -2;
  refused(with, "channel");
}

TEST_F(CApi, NanAndInfinityAreRefusedAndASessionGoesOn) {
  std::vector<float> bad(floats_->begin(), floats_->begin() + 1000);
  bad[999] = std::numeric_limits<float>::quiet_NaN();
  diar_result* raw = nullptr;
  EXPECT_EQ(diar_diarize_float(engine_, bad.data(), bad.size(), 44100, nullptr, &raw), DIAR_ERROR_AUDIO);
  diar_session* session = nullptr;
  ASSERT_EQ(diar_session_open(engine_, 16000, nullptr, &session), DIAR_OK);
  const SessionPtr owner(session);
  EXPECT_EQ(diar_session_push_float(session, bad.data(), bad.size()), DIAR_ERROR_AUDIO);
  EXPECT_EQ(diar_session_push_float(session, floats_->data(), 12 * 16000), DIAR_OK);
  ASSERT_EQ(diar_session_finish(session, &raw), DIAR_OK);
  EXPECT_EQ(diar_result_duration_s(ResultPtr(raw).get()), 12.0);
}

TEST_F(CApi, NothingIsAResultOfNobody) {
  const ResultPtr empty = run(engine_, {}, 48000);
  EXPECT_EQ(diar_result_num_turns(empty.get(), DIAR_TURNS_ALL), 0u);
  EXPECT_EQ(diar_result_num_speakers(empty.get()), 0u);
  EXPECT_EQ(text_of(empty.get()), "");
}

TEST_F(CApi, StaleForeignAndNullHandlesAreFound) {
  diar_result* result = nullptr;
  diar_session* session = nullptr;
  diar_engine* engine = load(1).release();
  auto* as_session = reinterpret_cast<diar_session*>(engine);
  auto* wild = reinterpret_cast<diar_result*>(std::uintptr_t{0xdeadbeef});
  EXPECT_EQ(diar_session_free(as_session), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_session_cancel(as_session), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_result_free(wild), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_result_duration_s(wild), 0.0);
  EXPECT_STREQ(diar_result_message(wild), "");
  ASSERT_EQ(diar_session_open(engine, 16000, nullptr, &session), DIAR_OK);
  EXPECT_EQ(diar_engine_free(engine), DIAR_OK);
  EXPECT_EQ(diar_engine_free(engine), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_diarize_file(engine, kSample.c_str(), nullptr, &result), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_session_open(engine, 16000, nullptr, nullptr), DIAR_ERROR_HANDLE);
  // What was opened before lives on.
  EXPECT_EQ(diar_session_push_float(session, floats_->data(), 1000), DIAR_OK);
  EXPECT_EQ(diar_session_finish(session, &result), DIAR_OK);
  EXPECT_EQ(diar_session_free(session), DIAR_OK);
  EXPECT_EQ(diar_session_push_float(session, nullptr, 0), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_result_free(result), DIAR_OK);
  EXPECT_EQ(diar_result_num_turns(result, DIAR_TURNS_ALL), 0u);
  // Nobody gets a number for the second time.
  std::set<diar_session*> seen;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(diar_session_open(engine_, 16000, nullptr, &session), DIAR_OK);
    EXPECT_TRUE(seen.insert(session).second);
    diar_session_free(session);
  }
}

TEST_F(CApi, StructsOfOtherVersions) {
  EXPECT_EQ(diar_options_init(nullptr, sizeof(diar_options)), DIAR_ERROR_ARGUMENT);
  diar_options small;
  EXPECT_EQ(diar_options_init(&small, 8), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_options_init(&small, std::size_t{1} << 40), DIAR_ERROR_ARGUMENT);
  // A later header's struct: fine as long as what it appends is unused.
  struct Later {
    diar_options options;
    std::int64_t more;
  } later;
  later.more = 5;
  ASSERT_EQ(diar_options_init(&later.options, sizeof later), DIAR_OK);
  EXPECT_EQ(later.more, 0);
  EXPECT_EQ(later.options.struct_size, sizeof later);
  diar_result* raw = nullptr;
  EXPECT_EQ(diar_diarize_float(engine_, nullptr, 0, 16000, &later.options, &raw), DIAR_OK);
  diar_result_free(raw);
  later.more = 1;
  EXPECT_EQ(diar_diarize_float(engine_, nullptr, 0, 16000, &later.options, &raw), DIAR_ERROR_ARGUMENT);
  diar_options unset = {};
  EXPECT_EQ(diar_diarize_float(engine_, nullptr, 0, 16000, &unset, &raw), DIAR_ERROR_ARGUMENT);
  diar_timings timings = {};
  const ResultPtr empty = run(engine_, {}, 16000);
  EXPECT_EQ(diar_result_timings(empty.get(), &timings), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_result_timings(empty.get(), nullptr), DIAR_ERROR_ARGUMENT);
  // A later header's struct to fill: what it appended is zero.
  struct LaterTimings {
    diar_timings timings;
    std::int64_t more;
  } later_timings = {};
  later_timings.timings.struct_size = sizeof later_timings;
  later_timings.more = 5;
  EXPECT_EQ(diar_result_timings(empty.get(), &later_timings.timings), DIAR_OK);
  EXPECT_EQ(later_timings.more, 0);
  diar_options reserved = options();
  reserved.reserved = 1;
  EXPECT_EQ(diar_diarize_float(engine_, nullptr, 0, 16000, &reserved, &raw), DIAR_ERROR_ARGUMENT);
}

TEST_F(CApi, CountsThatNoMemoryHolds) {
  diar_result* raw = nullptr;
  for (const std::uint64_t count : {std::uint64_t{1} << 61, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_EQ(diar_diarize_float(engine_, floats_->data(), count, 16000, nullptr, &raw), DIAR_ERROR_ARGUMENT);
    diar_session* session = nullptr;
    ASSERT_EQ(diar_session_open(engine_, 16000, nullptr, &session), DIAR_OK);
    EXPECT_EQ(diar_session_push_float(session, floats_->data(), count), DIAR_ERROR_ARGUMENT);
    diar_session_free(session);
  }
}

struct Calls {
  int count = 0;
  int stop_at = 0;
  diar_session* session = nullptr;
  diar_status inner = DIAR_OK;
};

TEST_F(CApi, CallbacksStopARun) {
  diar_options with = options();
  Calls calls;
  calls.stop_at = 2;
  const auto on_progress = [](const diar_progress* progress, void* data) -> std::int32_t {
    EXPECT_STREQ(progress->stage, "networks");
    return ++static_cast<Calls*>(data)->count >= static_cast<Calls*>(data)->stop_at;
  };
  with.on_progress = on_progress;
  with.progress_data = &calls;
  diar_result* raw = nullptr;
  EXPECT_EQ(diar_diarize_float(engine_, floats_->data(), floats_->size(), 16000, &with, &raw),
            DIAR_ERROR_CANCELLED);
  EXPECT_EQ(raw, nullptr);
  EXPECT_EQ(calls.count, 2);

  with = options();
  calls = {};
  calls.stop_at = 1;
  with.should_abort = [](void* data) -> std::int32_t { return ++static_cast<Calls*>(data)->count >= 1; };
  with.abort_data = &calls;
  EXPECT_EQ(diar_diarize_file(engine_, kSample.c_str(), &with, &raw), DIAR_ERROR_CANCELLED);
  EXPECT_EQ(calls.count, 1);
  diar_session* session = nullptr;
  ASSERT_EQ(diar_session_open(engine_, 16000, &with, &session), DIAR_OK);
  const SessionPtr owner(session);
  EXPECT_EQ(diar_session_push_float(session, floats_->data(), 1000), DIAR_ERROR_CANCELLED);
  EXPECT_EQ(diar_session_push_float(session, floats_->data(), 1000), DIAR_ERROR_CANCELLED);
}

TEST_F(CApi, ACallbackInsideASessionFindsItBusy) {
  diar_options with = options();
  Calls calls;
  with.progress_data = &calls;
  with.on_progress = [](const diar_progress*, void* data) -> std::int32_t {
    auto& seen = *static_cast<Calls*>(data);
    diar_result* raw = nullptr;
    seen.inner = diar_session_finish(seen.session, &raw);
    return 0;
  };
  ASSERT_EQ(diar_session_open(engine_, 16000, &with, &calls.session), DIAR_OK);
  const SessionPtr owner(calls.session);
  EXPECT_EQ(diar_session_push_float(calls.session, floats_->data(), 1000), DIAR_OK);
  EXPECT_EQ(calls.inner, DIAR_ERROR_BUSY);
}

TEST_F(CApi, WhatACallbackThrowsDoesNotCross) {
  diar_options with = options();
  with.on_progress = [](const diar_progress*, void*) -> std::int32_t { throw std::runtime_error("of mine"); };
  diar_result* raw = nullptr;
  EXPECT_EQ(diar_diarize_float(engine_, floats_->data(), 1000, 16000, &with, &raw), DIAR_ERROR_INTERNAL);
  EXPECT_STREQ(diar_last_error(), "of mine");
  with.on_progress = [](const diar_progress*, void*) -> std::int32_t { throw 5; };
  EXPECT_EQ(diar_diarize_float(engine_, floats_->data(), 1000, 16000, &with, &raw), DIAR_ERROR_INTERNAL);
}

TEST_F(CApi, CancelAndFreeFromAnotherThread) {
  diar_session* session = nullptr;
  ASSERT_EQ(diar_session_open(engine_, 16000, nullptr, &session), DIAR_OK);
  std::thread other([session] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    diar_session_cancel(session);
    diar_session_free(session);
  });
  // One piece after the other until it ends: without the cancelling this would push forever.
  diar_status status = DIAR_OK;
  while (status == DIAR_OK) status = diar_session_push_float(session, floats_->data(), floats_->size());
  other.join();
  EXPECT_TRUE(status == DIAR_ERROR_CANCELLED || status == DIAR_ERROR_HANDLE) << status;
}

TEST_F(CApi, ThreadsShareAnEngine) {
  const std::string wanted = text_of(run(engine_, *floats_, 16000).get());
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      if (text_of(run(engine_, *floats_, 16000).get()) == wanted) ++good;
      // Each thread has its own last error.
      diar_result* raw = nullptr;
      diar_diarize_file(engine_, "/no/such/file.wav", nullptr, &raw);
      if (std::strstr(diar_last_error(), "/no/such/file.wav") != nullptr) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 6);
}

TEST_F(CApi, ErrorsOfFilesAndModels) {
  diar_result* raw = nullptr;
  diar_engine* engine = nullptr;
  EXPECT_EQ(diar_diarize_file(engine_, "/no/such/file.wav", nullptr, &raw), DIAR_ERROR_INPUT);
  EXPECT_EQ(diar_diarize_file(engine_, nullptr, nullptr, &raw), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_diarize_file(engine_, (kModel + "/model.json").c_str(), nullptr, &raw), DIAR_ERROR_AUDIO);
  EXPECT_EQ(diar_engine_load(nullptr, nullptr, &engine), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_engine_load("", nullptr, &engine), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_engine_load(kModel.c_str(), nullptr, nullptr), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_engine_load(kSource.c_str(), nullptr, &engine), DIAR_ERROR_MODEL);
  diar_engine_params params;
  diar_engine_params_init(&params, sizeof params);
  params.device = 9;
  EXPECT_EQ(diar_engine_load(kModel.c_str(), &params, &engine), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(engine, nullptr);
}

TEST(CApiText, IsKeptForEachFormat) {
  const EnginePtr engine = load(1);
  const ResultPtr result = run(engine.get(), {}, 16000);
  const char* first = nullptr;
  const char* second = nullptr;
  ASSERT_EQ(diar_result_text(result.get(), "json", DIAR_TURNS_ALL, &first, nullptr), DIAR_OK);
  ASSERT_EQ(diar_result_text(result.get(), "vtt", DIAR_TURNS_ALL, &second, nullptr), DIAR_OK);
  const std::string before = first;
  ASSERT_EQ(diar_result_text(result.get(), "json", DIAR_TURNS_ALL, &second, nullptr), DIAR_OK);
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, before);
}

// The list that tests/install/symbols_test.sh holds the library to is what the header declares.
TEST(CApiSymbols, AreThoseOfTheHeader) {
  std::ifstream header(kSource + "/include/diar/diar.h");
  const std::string text{std::istreambuf_iterator<char>(header), {}};
  std::set<std::string> declared;
  const std::regex declaration(R"(DIAR_C_API [^;]*?(diar_[a-z0-9_]+)\()");
  for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it)
    declared.insert((*it)[1]);
  std::ifstream list(kSource + "/bindings/c/symbols.txt");
  const std::set<std::string> listed{std::istream_iterator<std::string>(list), {}};
  EXPECT_GT(listed.size(), 30u);
  EXPECT_EQ(listed, declared);
}

}  // namespace
}  // namespace diar
