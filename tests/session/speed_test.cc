// The modes of the whole pipeline on the committed sample.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "bf16_products.h"
#include "diar/engine.h"
#include "diar/errors.h"
#include "diar/io/audio.h"
#include "diar/io/rttm.h"
#include "temporary_directory.h"
#include "test_paths.h"

namespace diar {
namespace {

constexpr std::size_t kSpeakers = 3;  // local ones

struct Recorded {
  DiarizationOutput output;
  std::map<std::size_t, std::vector<float>> masks;       // of windows with speakers
  std::map<std::size_t, std::vector<float>> embeddings;  // likewise
  std::vector<float> log_probs;
  std::vector<double> gamma;  // of VBx
};

const Waveform& sample() {
  static const Waveform waveform = load_audio(DIAR_SOURCE_DIR "/samples/conversation.flac");
  return waveform;
}

EngineOptions on_cpu(int num_threads = 0) {
  EngineOptions options;
  options.device = Device::kCpu;
  options.num_threads = num_threads;
  return options;
}

// Its windows share a trunk.
Engine resnet(int num_threads = 0) {
  return Engine::load(DIAR_TEST_DATA "/resnet34", on_cpu(num_threads));
}

// Windows of a second take less time.
SessionOptions fast_in_short_windows() {
  SessionOptions options;
  options.window_samples = 16000;
  options.speed = Speed::kFast;
  return options;
}

// The first 40 s.
Recorded record(Speed speed, int num_threads, std::optional<double> step_s = std::nullopt,
                std::optional<double> fb = std::nullopt) {
  const auto engine = resnet(num_threads);
  Recorded recorded;
  SessionOptions options;
  options.speed = speed;
  options.step_s = step_s;
  // The same in every mode, whatever the model says.
  options.parameters.threshold = 0.6;
  options.parameters.fa = 0.1;
  options.parameters.fb = fb.value_or(1.0);
  options.on_artefact = [&](const Artefact& artefact) {
    if (artefact.stage == "vbx_gamma") {
      const auto gamma = std::get<std::span<const double>>(artefact.values);
      recorded.gamma = {gamma.begin(), gamma.end()};
    }
    const auto* values = std::get_if<std::span<const float>>(&artefact.values);
    if (values == nullptr) return;
    if (artefact.stage == "masks") recorded.masks[artefact.first_window] = {values->begin(), values->end()};
    if (artefact.stage == "embeddings")
      recorded.embeddings[artefact.first_window] = {values->begin(), values->end()};
    if (artefact.stage == "segmentation")
      recorded.log_probs.insert(recorded.log_probs.end(), values->begin(), values->end());
  };
  recorded.output = engine.diarize({std::span(sample().samples).first(40 * 16000), 16000}, options);
  return recorded;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    aa += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    bb += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return dot / std::sqrt(aa * bb);
}

TEST(Speed, NamesThereAndBack) {
  for (const Speed speed : {Speed::kExact, Speed::kFast, Speed::kFaster})
    EXPECT_EQ(parse_speed(to_string(speed)), speed);
  EXPECT_EQ(to_string(Speed::kFaster), "faster");
  for (const char* name : {"", "Fast", "fastest"}) EXPECT_THROW(parse_speed(name), InvalidArgument) << name;
}

TEST(Speed, FastChangesEmbeddingsALittleAndTheSegmentationNotAtAll) {
  const Recorded exact = record(Speed::kExact, 2);
  const Recorded fast = record(Speed::kFast, 2);
  EXPECT_EQ(exact.log_probs, fast.log_probs);
  EXPECT_EQ(exact.masks, fast.masks);
  ASSERT_EQ(exact.embeddings.size(), fast.embeddings.size());
  double sum = 0.0;
  std::size_t count = 0;
  for (const auto& [window, expected] : exact.embeddings) {
    const auto& ours = fast.embeddings.at(window);
    const auto& masks = exact.masks.at(window);
    const std::size_t dimension = expected.size() / kSpeakers;
    const std::size_t frames = masks.size() / kSpeakers;
    for (std::size_t s = 0; s < kSpeakers; ++s) {
      double talks = 0.0;
      for (std::size_t f = 0; f < frames; ++f) talks += static_cast<double>(masks[s * frames + f]);
      if (talks < 60.0) continue;  // a second: shorter ones are noise in both
      sum += cosine(std::span(ours).subspan(s * dimension, dimension),
                    std::span(expected).subspan(s * dimension, dimension));
      ++count;
    }
  }
  ASSERT_GT(count, 30u);
  // 0.988 here, 0.981 over all of the conversations in docs/performance.md.
  EXPECT_GT(sum / static_cast<double>(count), 0.97);
}

TEST(Speed, ThreadsChangeNothing) {
  for (const Speed speed : {Speed::kFast, Speed::kFaster}) {
    const Recorded one = record(speed, 1);
    const Recorded three = record(speed, 3);
    EXPECT_EQ(one.embeddings, three.embeddings);
    EXPECT_EQ(to_rttm(one.output.diarization), to_rttm(three.output.diarization));
  }
}

TEST(Speed, FasterHasFewerWindowsUnlessTheStepIsGiven) {
  EXPECT_EQ(record(Speed::kFast, 2).output.num_windows, 31u);
  EXPECT_EQ(record(Speed::kFaster, 2).output.num_windows, 11u);
  EXPECT_EQ(record(Speed::kFaster, 2, 1.0).output.num_windows, 31u);
  EXPECT_EQ(record(Speed::kFast, 2, 5.0).output.num_windows, 7u);
}

// The weight of the prior in VBx falls with the step, in this mode only.
TEST(Speed, FasterWeighsThePriorByItsStep) {
  const Recorded faster = record(Speed::kFaster, 2, 2.0, 0.5);
  ASSERT_FALSE(faster.gamma.empty());
  EXPECT_EQ(faster.gamma, record(Speed::kFast, 2, 2.0, 0.25).gamma);
  EXPECT_NE(faster.gamma, record(Speed::kFast, 2, 2.0, 0.5).gamma);
}

// model.json may give a mode its own numbers; those of the run's options override both.
TEST(Speed, AModeUsesItsOwnClusteringParameters) {
  const TemporaryDirectory folder;
  const std::filesystem::path model = folder.path() / "model";
  std::filesystem::copy(DIAR_TEST_DATA "/resnet34", model, std::filesystem::copy_options::recursive);
  std::ofstream(model / "model.json") << R"({"format": "diarize.cpp model", "version": 1,
    "clustering": {"threshold": 0.5, "fa": 0.1, "fb": 0.5, "fast": {"fb": 0.25}}})";
  const auto own = Engine::load(model, on_cpu());
  const auto gamma = [&](Speed speed, std::optional<double> fb) {
    std::vector<double> result;
    SessionOptions options;
    options.speed = speed;
    options.parameters.fb = fb;
    options.on_artefact = [&](const Artefact& artefact) {
      if (artefact.stage != "vbx_gamma") return;
      const auto values = std::get<std::span<const double>>(artefact.values);
      result.assign(values.begin(), values.end());
    };
    own.diarize({std::span(sample().samples).first(40 * 16000), 16000}, options);
    return result;
  };
  const auto fast = gamma(Speed::kFast, std::nullopt);
  ASSERT_FALSE(fast.empty());
  EXPECT_EQ(fast, gamma(Speed::kFast, 0.25));
  EXPECT_NE(fast, gamma(Speed::kFast, 0.5));
  EXPECT_NE(gamma(Speed::kExact, std::nullopt), gamma(Speed::kExact, 0.25));
}

// A recording of one window has one segment, which is the window.
TEST(Speed, OneWindowIsAsExact) {
  const auto engine = resnet();
  const WaveformView ten_seconds{std::span(sample().samples).first(160000), 16000};
  std::vector<std::vector<float>> embeddings;
  for (const Speed speed : {Speed::kExact, Speed::kFast}) {
    SessionOptions options;
    options.speed = speed;
    options.on_artefact = [&](const Artefact& artefact) {
      if (artefact.stage != "embeddings") return;
      const auto values = std::get<std::span<const float>>(artefact.values);
      embeddings.emplace_back(values.begin(), values.end());
    };
    engine.diarize(ten_seconds, options);
  }
  ASSERT_EQ(embeddings.size(), 2u);
  for (std::size_t i = 0; i < embeddings[0].size(); ++i)
    ASSERT_NEAR(embeddings[1][i], embeddings[0][i], 2e-5);
}

TEST(Speed, MixedPrecisionIsForFasterOnly) {
  EngineOptions mixed = on_cpu();
  mixed.precision = Precision::kMixed;
  const auto engine = Engine::load(DIAR_TEST_DATA "/resnet34", mixed);
  const WaveformView short_sample{std::span(sample().samples).first(40 * 16000), 16000};
  SessionOptions options;
  EXPECT_THROW(engine.diarize(short_sample, options), InvalidArgument);
  options.speed = Speed::kFast;
  EXPECT_THROW(engine.diarize(short_sample, options), InvalidArgument);
  options.speed = Speed::kFaster;
  std::map<std::size_t, std::vector<float>> embeddings;
  options.on_artefact = [&](const Artefact& artefact) {
    if (artefact.stage != "embeddings") return;
    const auto values = std::get<std::span<const float>>(artefact.values);
    embeddings[artefact.first_window] = {values.begin(), values.end()};
  };
  engine.diarize(short_sample, options);
  const Recorded whole = record(Speed::kFaster, 2);
  ASSERT_EQ(embeddings.size(), whole.embeddings.size());
  // 0.9999 and more on conversations (docs/performance.md).
  for (const auto& [window, expected] : whole.embeddings)
    EXPECT_GT(cosine(embeddings.at(window), expected), 0.999) << window;
}

TEST(Speed, ProgressGoesForwardToTheEnd) {
  const auto engine = resnet();
  const SessionOptions options = fast_in_short_windows();
  std::vector<Progress> progress;
  engine.diarize({std::span(sample().samples).first(90 * 16000), 16000}, options, [&](const Progress& now) {
    if (now.stage == "networks") progress.push_back(now);
    return true;
  });
  ASSERT_GT(progress.size(), 3u);
  for (std::size_t i = 1; i < progress.size(); ++i)
    EXPECT_GE(progress[i].completed, progress[i - 1].completed) << i;
  EXPECT_EQ(progress.back().completed, progress.back().total);
}

TEST(Speed, LengthsAroundTheEndsOfSegments) {
  const auto engine = resnet();
  const SessionOptions options = fast_in_short_windows();
  for (const std::size_t length : {0, 1, 399, 400, 16000, 159999, 160000, 160240, 161280, 176000}) {
    const auto output = engine.diarize({std::span(sample().samples).first(length), 16000}, options);
    EXPECT_EQ(output.num_windows, length == 0 ? 0 : length <= 16000 ? 1 : (length - 1) / 16000 + 1) << length;
  }
}

}  // namespace
}  // namespace diar
