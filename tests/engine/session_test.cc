// Sessions of one engine: any pieces, any number of them, any threads, the same results to the byte.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "diar/errors.h"
#include "diar/io/audio.h"
#include "engine/output_text.h"
#include "engine/own_networks.h"
#include "test_paths.h"

namespace diar {
namespace {

using namespace engine_test;

DiarizationOutput in_pieces(const Engine& engine, std::span<const float> samples, std::uint32_t seed,
                            const SessionOptions& options = {}) {
  std::mt19937 random(seed);
  Session session = engine.open(options);
  while (!samples.empty()) {
    // From one sample to more than the whole backlog.
    const std::size_t most = std::size_t{1} << (random() % 22);
    const std::size_t count = std::min<std::size_t>(1 + random() % most, samples.size());
    session.push(samples.first(count));
    samples = samples.subspan(count);
    if (random() % 3 == 0) session.poll();
  }
  return session.finish();
}

TEST(OwnNetworks, AreRunByTheEngine) {
  const Engine engine = own_engine();
  const auto samples = conversation(60.0);
  const auto output = engine.diarize({samples, 16000});
  EXPECT_EQ(output.diarization.speakers().size(), 2u);
  ASSERT_GE(output.diarization.turns().size(), 12u);
  EXPECT_NEAR(output.diarization.turns()[0].segment.end_s, 4.0, 0.15);
  EXPECT_EQ(output.speaker_embeddings.at(0).values.size(), 3u);
  EXPECT_EQ(engine.encoder_spec().name, "mean");
  EXPECT_EQ(engine.segmentation_spec().num_speakers, 2u);
}

TEST(OwnNetworks, PartsThatDoNotFitAreRefused) {
  const auto segmentation = std::make_shared<SignSegmentation>();
  const auto encoder = std::make_shared<MeanEncoder>();
  EXPECT_THROW(Engine::assemble(nullptr, encoder, cosine_scoring()), InvalidArgument);
  EXPECT_THROW(Engine::assemble(segmentation, nullptr, cosine_scoring()), InvalidArgument);
  EXPECT_THROW(Engine::assemble(segmentation, encoder, nullptr), InvalidArgument);
  const auto plda = load_plda_scoring(DIAR_SOURCE_DIR "/models/starter");
  EXPECT_THROW(Engine::assemble(segmentation, encoder, plda), InvalidArgument);
}

// An encoder that shares nothing between windows gets fewer of them at the faster speeds, and the prior
// follows.
TEST(OwnNetworks, FasterSpeedsWidenTheStep) {
  const Engine engine = own_engine();
  const auto samples = conversation(47.3);
  const auto run = [&](Speed speed, std::optional<double> step_s = std::nullopt,
                       std::optional<double> fb = std::nullopt) {
    SessionOptions options;
    options.speed = speed;
    options.step_s = step_s;
    options.parameters.fb = fb;
    return engine.diarize({samples, 16000}, options);
  };
  const double fb = *PipelineParameters::defaults().fb;
  EXPECT_EQ(run(Speed::kExact).num_windows, 39u);
  EXPECT_EQ(run(Speed::kFast).num_windows, 20u);
  EXPECT_EQ(run(Speed::kFaster).num_windows, 14u);
  EXPECT_EQ(text_of(run(Speed::kFast)), text_of(run(Speed::kExact, 2.0, fb / 2.0)));
  EXPECT_EQ(run(Speed::kFast, 5.0).num_windows, 9u);
}

TEST(Session, PiecesChangeNothing) {
  const Engine engine = own_engine();
  const auto samples = conversation(47.3);
  const std::string expected = text_of(engine.diarize({samples, 16000}));
  for (std::uint32_t seed = 0; seed < 50; ++seed)
    ASSERT_EQ(text_of(in_pieces(engine, samples, seed)), expected) << "seed " << seed;
}

// Batches and threads: with the windows of this model alone, in groups, on one thread and on several.
TEST(Session, ThreadsAndBatchesChangeNothing) {
  const auto samples = conversation(33.0);
  const std::string expected = text_of(own_engine(1, 1).diarize({samples, 16000}));
  for (const int num_threads : {1, 2, 5}) {
    for (const std::size_t batch : {1, 2, 7, 64})
      EXPECT_EQ(text_of(own_engine(num_threads, batch).diarize({samples, 16000})), expected)
          << num_threads << " threads, batches of " << batch;
  }
}

// Embeddings of cut speech (CAM++) and of whole windows with masks (ResNet34).
class TrainedModel : public ::testing::TestWithParam<const char*> {};

TEST_P(TrainedModel, InPiecesIsAtOnce) {
  EngineOptions options;
  options.device = Device::kCpu;
  const Engine engine = Engine::load(GetParam(), options);
  const Waveform sample = load_audio(DIAR_SOURCE_DIR "/samples/conversation.flac");
  const auto samples = std::span<const float>(sample.samples).first(16000 * 25 + 123);
  for (const Speed speed : {Speed::kExact, Speed::kFast}) {
    SessionOptions session_options;
    session_options.speed = speed;
    const std::string expected = text_of(engine.diarize({samples, 16000}, session_options));
    EXPECT_EQ(text_of(in_pieces(engine, samples, 7, session_options)), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, TrainedModel,
                         ::testing::Values(DIAR_SOURCE_DIR "/models/starter", DIAR_TEST_DATA "/resnet34"));

TEST(Session, EightThreadsOnOneEngineGiveTheResultsOfOne) {
  const Engine engine = own_engine(3);
  std::vector<std::vector<float>> recordings;
  std::vector<std::string> expected;
  for (std::uint32_t i = 0; i < 8; ++i) {
    recordings.push_back(conversation(20.0 + i, 2.0 + 0.3 * i, i + 1));
    expected.push_back(text_of(engine.diarize({recordings.back(), 16000})));
  }
  std::vector<std::string> results(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { results[i] = text_of(in_pieces(engine, recordings[i], 3)); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results, expected);
}

// Each of two sessions waits within its network until the other one's has begun, too.
class Meeting final : public SegmentationNetwork {
 public:
  const SegmentationSpec& spec() const override { return inner_.spec(); }
  std::size_t num_frames(std::size_t window_samples) const override {
    return inner_.num_frames(window_samples);
  }
  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    inner_.run(windows, log_probs);
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return arrived_ >= 2; }))
      throw std::runtime_error("nobody else came");
  }

 private:
  SignSegmentation inner_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable int arrived_ = 0;
};

TEST(Session, TwoSessionsComputeAtTheSameTime) {
  EngineOptions options;
  options.num_threads = 2;
  const Engine engine = Engine::assemble(std::make_shared<Meeting>(), std::make_shared<MeanEncoder>(),
                                         cosine_scoring(), options);
  const auto samples = conversation(10.0);
  Session first = engine.open();
  Session second = engine.open();
  first.push(samples);
  second.push(samples);
  EXPECT_EQ(text_of(first.finish()), text_of(second.finish()));
}

TEST(Session, NoSamplesNoTurns) {
  const Engine engine = own_engine();
  Session session = engine.open();
  const auto output = session.finish();
  EXPECT_TRUE(output.diarization.empty());
  EXPECT_EQ(output.num_windows, 0u);
  EXPECT_EQ(output.duration_s, 0.0);
}

TEST(Session, DamagedSamplesAreRefusedAndTheSessionGoesOn) {
  const Engine engine = own_engine();
  const auto samples = conversation(15.0);
  Session session = engine.open();
  session.push(std::span(samples).first(100000));
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const std::vector<float> piece = {0.0f, bad, 0.0f};
    EXPECT_THROW(session.push(piece), AudioError);
    EXPECT_THROW(session.try_push(piece), AudioError);
  }
  session.push(std::span(samples).subspan(100000));
  EXPECT_EQ(text_of(session.finish()), text_of(engine.diarize({samples, 16000})));
}

class OneNan final : public AudioSource {
 public:
  std::size_t read(std::span<float> out) override {
    std::fill(out.begin(), out.end(), 0.1f);
    out[out.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    return out.size();
  }
};

TEST(Session, NanFromACallersOwnSourceIsNoticed) {
  OneNan source;
  EXPECT_THROW(own_engine().diarize(source), AudioError);
}

TEST(Session, WrongOrderThrows) {
  const Engine engine = own_engine();
  const auto samples = conversation(3.0);
  Session session = engine.open();
  session.push(samples);
  session.finish();
  EXPECT_THROW(session.push(samples), InvalidArgument);
  EXPECT_THROW(session.try_push(samples), InvalidArgument);
  EXPECT_THROW(session.finish(), InvalidArgument);
  Session moved = std::move(session);
  EXPECT_THROW(session.push(samples), InvalidArgument);  // NOLINT(bugprone-use-after-move)
  EXPECT_THROW(session.poll(), InvalidArgument);
  EXPECT_THROW(session.finish(), InvalidArgument);
  session.cancel();
  Engine empty = engine;
  const Engine taken = std::move(empty);
  EXPECT_THROW(empty.open(), InvalidArgument);  // NOLINT(bugprone-use-after-move)
  EXPECT_THROW(empty.device_name(), InvalidArgument);
  EXPECT_THROW(empty.diarize({samples, 16000}), InvalidArgument);
  EXPECT_NO_THROW(taken.open());
}

TEST(Session, AbsurdOptionsThrow) {
  const Engine engine = own_engine();
  const auto refused = [&](auto change) {
    SessionOptions options;
    change(options);
    EXPECT_THROW(engine.open(options), InvalidArgument);
  };
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const std::size_t size : {std::size_t{0}, std::size_t{399}, SIZE_MAX, SIZE_MAX / 2})
    refused([&](SessionOptions& o) { o.window_samples = size; });
  for (const double step_s : {0.0, -1.0, 10.1, 1e300, kNan})
    refused([&](SessionOptions& o) { o.step_s = step_s; });
  for (const double duration_s : {-0.1, kNan, std::numeric_limits<double>::infinity()})
    refused([&](SessionOptions& o) { o.min_duration_s = duration_s; });
  for (const int count : {0, -1}) {
    refused([&](SessionOptions& o) { o.num_speakers = count; });
    refused([&](SessionOptions& o) { o.min_speakers = count; });
    refused([&](SessionOptions& o) { o.max_speakers = count; });
  }
  refused([](SessionOptions& o) { o.min_speakers = 3, o.max_speakers = 2; });
  refused([](SessionOptions& o) { o.num_speakers = 3, o.max_speakers = 2; });
  refused([&](SessionOptions& o) { o.parameters.fa = kNan; });
  refused([](SessionOptions& o) { o.parameters.threshold = 2.1; });
}

// The backlog never exceeds what it says, however much comes at once and however slow the networks are.
TEST(Session, TheBacklogIsBoundedAndReported) {
  const Engine engine = own_engine(1, 2);
  const auto samples = conversation(300.0);
  Session session = engine.open();
  const SessionStatus empty = session.poll();
  EXPECT_EQ(empty.pushed_s, 0.0);
  EXPECT_GT(empty.capacity_s, 0.0);
  std::size_t pushed = 0;
  while (pushed < samples.size()) {
    const std::size_t taken = session.try_push(std::span(samples).subspan(pushed));
    EXPECT_LE(static_cast<double>(taken) / 16000.0, empty.capacity_s + 1e-9);
    pushed += taken;
    const SessionStatus status = session.poll();
    EXPECT_LE(status.waiting_s, status.capacity_s);
    EXPECT_NEAR(status.pushed_s, static_cast<double>(pushed) / 16000.0, 1e-9);
  }
  const auto output = session.finish();
  EXPECT_EQ(session.poll().windows_completed, output.num_windows);
  EXPECT_EQ(text_of(output), text_of(engine.diarize({samples, 16000})));
}

TEST(Session, WhatANetworkThrowsReachesTheCaller) {
  const Engine engine = own_engine();
  std::vector<float> samples = conversation(40.0);
  std::fill_n(samples.begin() + 160000, 1600, 0.0f);
  samples[160000] = 666.0f;
  Session session = engine.open();
  EXPECT_THROW(
      {
        session.push(samples);
        session.finish();
      },
      std::runtime_error);
  // Others are not touched.
  EXPECT_NO_THROW(engine.diarize({conversation(12.0), 16000}));
}

TEST(Session, WhatTheHookThrowsReachesTheCaller) {
  SessionOptions options;
  options.on_artefact = [](const Artefact& artefact) {
    if (artefact.stage == "activity") throw std::runtime_error("enough");
  };
  EXPECT_THROW(own_engine().diarize({conversation(12.0), 16000}, options), std::runtime_error);
}

TEST(Session, CancelFromAnotherThreadAndWhileOthersRun) {
  const Engine engine = own_engine();
  const auto samples = conversation(60.0);
  const std::string expected = text_of(engine.diarize({samples, 16000}));
  for (int i = 0; i < 100; ++i) {
    Session cancelled = engine.open();
    Session other = engine.open();
    other.push(std::span(samples).first(16000 * 20));
    cancelled.push(std::span(samples).first(16000 * 15));
    std::thread canceller([&] { cancelled.cancel(); });
    other.push(std::span(samples).subspan(16000 * 20));
    canceller.join();
    EXPECT_THROW(cancelled.finish(), Cancelled);
    EXPECT_THROW(cancelled.push(samples), Cancelled);
    ASSERT_EQ(text_of(other.finish()), expected);
  }
}

// Sessions that are dropped in the middle, with their engine.
TEST(Session, DroppingStopsAndFreesEverything) {
  const auto samples = conversation(30.0);
  for (int i = 0; i < 20; ++i) {
    auto engine = std::make_unique<Engine>(own_engine());
    Session session = engine->open();
    engine.reset();
    session.push(std::span(samples).first(static_cast<std::size_t>(i) * 20000));
  }
}

// Long recordings are clustered for seconds; whoever waits hears of it and may stop it.
TEST(Session, ClusteringCanBeStopped) {
  const Engine engine = own_engine();
  const auto samples = conversation(40.0);
  bool clustering = false;
  EXPECT_THROW(engine.diarize({samples, 16000}, {},
                              [&](const Progress& progress) {
                                clustering = progress.stage == "clustering";
                                return !clustering;
                              }),
               Cancelled);
  EXPECT_TRUE(clustering);
}

TEST(Session, ProgressMayStopAnyRun) {
  const Engine engine = own_engine();
  const auto samples = conversation(120.0);
  for (const int calls : {1, 2, 5}) {
    int left = calls;
    EXPECT_THROW(engine.diarize({samples, 16000}, {}, [&](const Progress&) { return --left > 0; }),
                 Cancelled);
  }
}

}  // namespace
}  // namespace diar
