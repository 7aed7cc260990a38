// What tests of the C interface share: handles that free themselves, one engine, a piece of the sample.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "diar/diar.h"
#include "diar/io/audio.h"
#include "test_paths.h"

namespace diar::c_api_test {

inline const std::string kSource = DIAR_SOURCE_DIR;
inline const std::string kSample = kSource + "/samples/conversation.flac";
inline const std::string kTwoSpeakers = DIAR_TEST_DATA "/golden/audio/two_speakers.flac";
inline const std::string kModel = kSource + "/models/starter";

struct EngineFree {
  void operator()(diar_engine* engine) const { diar_engine_free(engine); }
};
struct SessionFree {
  void operator()(diar_session* session) const { diar_session_free(session); }
};
struct ResultFree {
  void operator()(diar_result* result) const { diar_result_free(result); }
};
struct LiveFree {
  void operator()(diar_live* live) const { diar_live_free(live); }
};
using LivePtr = std::unique_ptr<diar_live, LiveFree>;
using EnginePtr = std::unique_ptr<diar_engine, EngineFree>;
using SessionPtr = std::unique_ptr<diar_session, SessionFree>;
using ResultPtr = std::unique_ptr<diar_result, ResultFree>;

inline EnginePtr load(int num_threads = 2) {
  diar_engine_params params;
  diar_engine_params_init(&params, sizeof params);
  params.num_threads = num_threads;
  diar_engine* engine = nullptr;
  EXPECT_EQ(diar_engine_load(kModel.c_str(), &params, &engine), DIAR_OK) << diar_last_error();
  return EnginePtr(engine);
}

inline diar_options options() {
  diar_options made;
  EXPECT_EQ(diar_options_init(&made, sizeof made), DIAR_OK);
  return made;
}

// Two speakers of the sample, 14 seconds.
inline std::vector<std::int16_t> sample_int16() {
  const Waveform waveform = load_audio(kSample);
  std::vector<std::int16_t> samples;
  for (std::size_t i = 10 * 16000; i < 24 * 16000; ++i)
    samples.push_back(static_cast<std::int16_t>(std::lrint(waveform.samples.at(i) * 32768.0f)));
  return samples;
}

inline std::vector<float> as_floats(const std::vector<std::int16_t>& samples) {
  std::vector<float> floats(samples.begin(), samples.end());
  for (float& sample : floats) sample /= 32768.0f;
  return floats;
}

inline std::string text_of(const diar_result* result, const char* format = "rttm",
                           int kind = DIAR_TURNS_ALL) {
  const char* text = nullptr;
  std::uint64_t length = 0;
  EXPECT_EQ(diar_result_text(result, format, kind, &text, &length), DIAR_OK) << diar_last_error();
  return text == nullptr ? "" : std::string(text, length);
}

inline ResultPtr run(diar_engine* engine, const std::vector<float>& samples, int rate_hz,
                     const diar_options* with = nullptr) {
  diar_result* result = nullptr;
  EXPECT_EQ(diar_diarize_float(engine, samples.data(), samples.size(), rate_hz, with, &result), DIAR_OK)
      << diar_last_error();
  return ResultPtr(result);
}

/// One engine and a piece of the sample for all tests.
class CApi : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    engine_ = load().release();
    int16_ = new std::vector<std::int16_t>(sample_int16());
    floats_ = new std::vector<float>(as_floats(*int16_));
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(diar_engine_free(engine_), DIAR_OK);
    delete int16_;
    delete floats_;
  }

  static inline diar_engine* engine_ = nullptr;
  static inline std::vector<std::int16_t>* int16_ = nullptr;
  static inline std::vector<float>* floats_ = nullptr;
};

}  // namespace diar::c_api_test
