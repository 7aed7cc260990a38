// Live sessions: the end is the offline result whatever came before, and labels mean what they meant.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "diar/errors.h"
#include "diar/io/audio.h"
#include "diar/live.h"
#include "engine/own_networks.h"
#include "live/pieces.h"
#include "test_paths.h"

namespace diar {
namespace {

using namespace engine_test;
using namespace live_test;

/// Three voices that the own networks tell apart: levels 0.5 and 0.25 (left), -0.3 (right), in turns.
std::vector<float> three_voices(double duration_s, double turn_s = 4.0) {
  std::vector<float> samples = conversation(duration_s, turn_s);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto turn = static_cast<long>(static_cast<double>(i) / 16000.0 / (turn_s + 0.5));
    if (turn % 4 == 2) samples[i] *= 0.1f;
  }
  return samples;
}

LiveOptions with_latency(double latency_s) {
  LiveOptions options;
  options.latency_s = latency_s;
  return options;
}

TEST(LiveSession, FinishIsOfflineAndTheReplayToo) {
  const Engine engine = own_engine();
  const auto samples = three_voices(47.3);
  const std::string expected = text_of(engine.diarize({samples, 16000}));
  constexpr double kLatencies[] = {0.25, 0.5, 1.0, 2.0, 5.0};
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const Stream run =
        run_in_pieces<float>(engine, samples, seed, with_latency(kLatencies[seed % std::size(kLatencies)]));
    ASSERT_EQ(run.result, expected) << "seed " << seed;
    ASSERT_EQ(run.replayed, run.offline) << "seed " << seed;
    EXPECT_TRUE(run.final.equals_offline);
  }
}

TEST(LiveSession, OptionsAndHintsChangeNothingAtTheEnd) {
  const Engine engine = own_engine(1, 5);
  const auto samples = three_voices(33.1, 2.0);
  const auto check = [&](auto change) {
    LiveOptions options;
    change(options.session);
    const std::string expected = text_of(engine.diarize({samples, 16000}, options.session));
    const Stream run = run_in_pieces<float>(engine, samples, 11, options);
    EXPECT_EQ(run.result, expected);
    EXPECT_EQ(run.replayed, run.offline);
  };
  check([](SessionOptions& o) { o.num_speakers = 2; });
  check([](SessionOptions& o) { o.min_speakers = 4; });
  check([](SessionOptions& o) { o.max_speakers = 1; });
  check([](SessionOptions& o) { o.min_duration_s = 1.5; });
  check([](SessionOptions& o) { o.parameters.min_duration_off_s = 0.7; });
  check([](SessionOptions& o) { o.window_samples = 48000, o.step_s = 0.7; });
}

TEST(LiveSession, AnyRateIsTheOfflineResultAtThatRate) {
  const Engine engine = own_engine();
  for (const int rate_hz : {8000, 44100}) {
    const auto wanted = three_voices(20.0);
    std::vector<float> samples(static_cast<std::size_t>(20.0 * rate_hz));
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = wanted[i * 16000 / static_cast<std::size_t>(rate_hz)];
    std::vector<std::int16_t> words(samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      words[i] = static_cast<std::int16_t>(std::lround(samples[i] * 32767.0f));
      samples[i] = static_cast<float>(words[i]) / 32768.0f;
    }
    LiveOptions options;
    options.sample_rate_hz = rate_hz;
    const std::string expected = text_of(engine.diarize({samples, rate_hz}));
    for (const std::uint32_t seed : {1u, 2u, 3u}) {
      EXPECT_EQ(run_in_pieces<float>(engine, samples, seed, options).result, expected);
      EXPECT_EQ(run_in_pieces<std::int16_t>(engine, words, seed, options).result, expected);
    }
  }
}

class TrainedModel : public ::testing::TestWithParam<const char*> {};

TEST_P(TrainedModel, LiveIsOffline) {
  EngineOptions engine_options;
  engine_options.device = Device::kCpu;
  const Engine engine = Engine::load(GetParam(), engine_options);
  const Waveform sample = load_audio(DIAR_SOURCE_DIR "/samples/conversation.flac");
  const auto samples = std::span<const float>(sample.samples).first(16000 * 21 + 123);
  for (const Speed speed : {Speed::kExact, Speed::kFast}) {
    LiveOptions options;
    options.session.speed = speed;
    const std::string expected = text_of(engine.diarize({samples, 16000}, options.session));
    const Stream run = run_in_pieces<float>(engine, samples, 5, options);
    EXPECT_EQ(run.result, expected);
    EXPECT_EQ(run.replayed, run.offline);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, TrainedModel,
                         ::testing::Values(DIAR_SOURCE_DIR "/models/starter", DIAR_TEST_DATA "/resnet34"));

/// Pushes tenths of a second, each shown before the next one comes; `look` gets the turns after each.
template <class Look>
void follow(const Engine& engine, std::span<const float> samples, const LiveOptions& options, Look&& look) {
  LiveSession session = LiveSession::open(engine, options);
  LiveTurns turns;
  for (std::size_t pushed = 0; pushed < samples.size();) {
    const std::size_t count = std::min<std::size_t>(1600, samples.size() - pushed);
    session.push(samples.subspan(pushed, count));
    session.settle();
    pushed += count;
    const auto events = session.poll();
    for (const LiveEvent& event : events) turns.apply(event);
    look(static_cast<double>(pushed) / 16000.0, turns, events);
  }
}

std::string speaker_at(const LiveTurns& turns, double time_s) {
  for (const auto& [id, turn] : turns.turns()) {
    if (turn.segment.start_s <= time_s && time_s < turn.segment.end_s) return turn.speaker;
  }
  return {};
}

// From the first second on, in the first window too, everything is labelled in time.
TEST(LiveSession, WhatIsSaidIsShownInTime) {
  const Engine engine = own_engine();
  const auto samples = conversation(25.0);
  for (const double latency_s : {0.25, 0.5, 1.0, 2.0, 5.0}) {
    follow(engine, samples, with_latency(latency_s), [&](double now_s, const LiveTurns& turns, const auto&) {
      const double then_s = now_s - latency_s - 0.1;
      const double in_turn_s = std::fmod(then_s, 4.5);
      if (then_s < 0.5 || in_turn_s < 0.15 || in_turn_s > 3.85) return;
      EXPECT_FALSE(speaker_at(turns, then_s).empty()) << "latency " << latency_s << " at " << then_s;
    });
  }
}

TEST(LiveSession, LabelsKeepMeaningThePersonThatTheyMeant) {
  const Engine engine = own_engine();
  const auto samples = conversation(60.0);
  std::map<bool, std::string> label_of;
  follow(engine, samples, {}, [&](double now_s, const LiveTurns& turns, const auto&) {
    for (double time_s = 2.0; time_s < now_s - 1.1; time_s += 4.5) {
      const bool first = static_cast<long>(time_s / 4.5) % 2 == 0;
      const std::string shown = speaker_at(turns, time_s);
      std::string& label = label_of[first];
      if (label.empty()) label = shown;
      ASSERT_EQ(shown, label) << "of " << time_s << " s at " << now_s << " s";
    }
  });
  EXPECT_EQ(label_of.size(), 2u);
  EXPECT_NE(label_of[true], label_of[false]);
  EXPECT_EQ(label_of[true], "SPEAKER_00");
}

TEST(LiveSession, SpeakersStartAndEnd) {
  const Engine engine = own_engine();
  const auto samples = conversation(30.0);
  std::vector<std::string> said;
  std::vector<double> times;
  follow(engine, samples, {}, [&](double now_s, const LiveTurns&, const auto& events) {
    for (const LiveEvent& event : events) {
      if (const auto* start = std::get_if<SpeakerStart>(&event)) {
        said.push_back('+' + start->speaker);
        times.push_back(start->time_s);
        EXPECT_LE(now_s - start->time_s, 1.2);
      } else if (const auto* end = std::get_if<SpeakerEnd>(&event)) {
        said.push_back('-' + end->speaker);
        times.push_back(end->time_s);
      }
    }
  });
  ASSERT_GE(said.size(), 12u);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(said[i], std::string(i % 2 == 0 ? "+" : "-") + (i / 2 % 2 == 0 ? "SPEAKER_00" : "SPEAKER_01"));
    EXPECT_NEAR(times[i], 4.5 * static_cast<double>(i / 2) + (i % 2 == 0 ? 0.0 : 4.0), 0.15);
  }
}

TEST(LiveSession, TurnsBecomeStableAndThenFinal) {
  const Engine engine = own_engine();
  const auto samples = conversation(40.0);
  LiveSession session = LiveSession::open(engine);
  LiveTurns turns;
  const auto take = [&] {
    for (const LiveEvent& event : session.poll()) turns.apply(event);
  };
  session.push(samples);
  session.settle();
  take();
  ASSERT_GE(turns.turns().size(), 8u);
  EXPECT_EQ(turns.turns().begin()->second.state, TurnState::kStable);
  EXPECT_EQ(turns.turns().rbegin()->second.state, TurnState::kTentative);
  session.finish();
  take();
  for (const auto& [id, turn] : turns.turns()) EXPECT_EQ(turn.state, TurnState::kFinal);
}

TEST(LiveSession, NeverMoreLabelsThanAllowed) {
  const Engine engine = own_engine();
  const auto samples = three_voices(60.0, 2.0);
  for (const int most : {1, 2}) {
    LiveOptions options;
    options.session.max_speakers = most;
    follow(engine, samples, options, [&](double, const LiveTurns& turns, const auto&) {
      std::set<std::string> labels;
      for (const auto& [id, turn] : turns.turns()) labels.insert(turn.speaker);
      ASSERT_LE(labels.size(), static_cast<std::size_t>(most));
    });
  }
}

// A consumer that never asks costs no more than the turns: each is told once, as it is.
TEST(LiveSession, WhoNeverPollsIsToldEachTurnOnce) {
  const Engine engine = own_engine();
  const auto samples = three_voices(300.0);
  LiveSession session = LiveSession::open(engine, with_latency(0.25));
  for (std::size_t at = 0; at < samples.size(); at += 8000)
    session.push(std::span(samples).subspan(at, 8000));
  session.settle();
  const auto events = session.poll();
  std::set<std::uint64_t> told;
  std::size_t progress = 0;
  for (const LiveEvent& event : events) {
    if (const auto* turn = std::get_if<TurnShown>(&event)) {
      EXPECT_TRUE(told.insert(turn->turn.id).second);
    }
    EXPECT_FALSE(std::holds_alternative<TurnRevised>(event));
    EXPECT_FALSE(std::holds_alternative<TurnRemoved>(event));
    progress += std::holds_alternative<LiveProgress>(event) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(told.size()), 300.0 / 4.5, 3.0);
  EXPECT_EQ(progress, 1u);
  EXPECT_TRUE(session.poll().empty());
}

/// Counts windows, and takes its time.
class SlowSegmentation final : public SegmentationNetwork {
 public:
  const SegmentationSpec& spec() const override { return inner_.spec(); }
  std::size_t num_frames(std::size_t window_samples) const override {
    return inner_.num_frames(window_samples);
  }
  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    num_windows += windows.num_windows;
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * windows.num_windows));
    inner_.run(windows, log_probs);
  }
  mutable std::atomic<std::size_t> num_windows{0};

 private:
  SignSegmentation inner_;
};

TEST(LiveSession, UnderLoadProvisionalWindowsAreDroppedAndNoneOfTheGrid) {
  const auto slow = std::make_shared<SlowSegmentation>();
  EngineOptions engine_options;
  engine_options.num_threads = 1;
  const Engine engine =
      Engine::assemble(slow, std::make_shared<MeanEncoder>(), cosine_scoring(), engine_options);
  const auto samples = conversation(60.0);
  LiveSession session = LiveSession::open(engine, with_latency(0.25));
  for (std::size_t at = 0; at < samples.size(); at += 2000)
    session.push(std::span(samples).subspan(at, 2000));
  const DiarizationOutput output = session.finish();
  std::size_t num_dropped = 0;
  for (const LiveEvent& event : session.poll()) {
    if (const auto* progress = std::get_if<LiveProgress>(&event)) num_dropped = progress->num_dropped;
  }
  EXPECT_EQ(output.num_windows, 51u);
  // Without load there would be 480 steps of an eighth of a second.
  EXPECT_GT(num_dropped, 100u);
  EXPECT_LT(slow->num_windows.load(), 300u);
  EXPECT_EQ(text_of(output), text_of(own_engine().diarize({samples, 16000})));
}

TEST(LiveSession, DamagedSamplesAreRefusedAndTheSessionGoesOn) {
  const Engine engine = own_engine();
  for (const int rate_hz : {16000, 8000}) {
    const auto samples = conversation(15.0);
    LiveOptions options;
    options.sample_rate_hz = rate_hz;
    LiveSession session = LiveSession::open(engine, options);
    session.push(std::span(samples).first(100000));
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      const std::vector<float> piece = {0.0f, bad, 0.0f};
      EXPECT_THROW(session.push(piece), AudioError);
    }
    session.push(std::span(samples).subspan(100000));
    EXPECT_EQ(text_of(session.finish()), text_of(engine.diarize({samples, rate_hz})));
  }
}

TEST(LiveSession, NothingAndSilenceEndWithoutTurns) {
  const Engine engine = own_engine();
  for (const double duration_s : {0.0, 0.05, 3.0, 25.0}) {
    const std::vector<float> silence(static_cast<std::size_t>(duration_s * 16000.0));
    const Stream run = run_in_pieces<float>(engine, silence, 1);
    EXPECT_EQ(run.result, text_of(engine.diarize({silence, 16000})));
    EXPECT_EQ(run.replayed, "");
    EXPECT_TRUE(run.final.equals_offline);
    EXPECT_TRUE(run.final.offline_labels.empty());
  }
}

TEST(LiveSession, TwoAtOnceEachEndLikeTheOnlyOne) {
  const Engine engine = own_engine(3);
  std::vector<std::string> expected(4), results(4), replayed(4), offline(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto samples = three_voices(30.0 + static_cast<double>(i), 2.0 + 0.4 * static_cast<double>(i));
    expected[i] = text_of(engine.diarize({samples, 16000}));
  }
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto samples = three_voices(30.0 + static_cast<double>(i), 2.0 + 0.4 * static_cast<double>(i));
      const Stream run =
          run_in_pieces<float>(engine, samples, static_cast<std::uint32_t>(i), with_latency(0.5));
      results[i] = run.result;
      replayed[i] = run.replayed;
      offline[i] = run.offline;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results, expected);
  EXPECT_EQ(replayed, offline);
}

TEST(LiveSession, PollFromAnotherThread) {
  const Engine engine = own_engine();
  const auto samples = three_voices(120.0);
  LiveSession session = LiveSession::open(engine, with_latency(0.25));
  LiveTurns turns;
  std::atomic<bool> done{false};
  std::thread consumer([&] {
    while (!done.load()) {
      for (const LiveEvent& event : session.poll()) turns.apply(event);
    }
  });
  for (std::size_t at = 0; at < samples.size(); at += 1600)
    session.push(std::span(samples).subspan(at, 1600));
  const DiarizationOutput output = session.finish();
  done.store(true);
  consumer.join();
  for (const LiveEvent& event : session.poll()) turns.apply(event);
  EXPECT_EQ(to_rttm(turns.annotation("audio"), 6), to_rttm(output.diarization, 6));
}

TEST(LiveSession, WrongUseThrows) {
  const Engine engine = own_engine();
  for (const double latency_s : {0.0, 0.24, 5.1, -1.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(LiveSession::open(engine, with_latency(latency_s)), InvalidArgument);
  LiveOptions options;
  options.sample_rate_hz = 900;
  EXPECT_THROW(LiveSession::open(engine, options), InvalidArgument);
  options = {};
  options.session.num_speakers = 0;
  EXPECT_THROW(LiveSession::open(engine, options), InvalidArgument);
  const auto samples = conversation(3.0);
  LiveSession session = LiveSession::open(engine);
  session.push(samples);
  session.finish();
  EXPECT_THROW(session.push(samples), InvalidArgument);
  EXPECT_THROW(session.finish(), InvalidArgument);
  LiveSession moved = std::move(session);
  EXPECT_THROW(session.poll(), InvalidArgument);  // NOLINT(bugprone-use-after-move)
  EXPECT_NO_THROW(moved.poll());
}

TEST(LiveSession, CancelAndDropEndEverything) {
  const auto samples = conversation(40.0);
  for (int i = 0; i < 20; ++i) {
    auto engine = std::make_unique<Engine>(own_engine());
    LiveSession dropped = LiveSession::open(*engine, with_latency(0.25));
    LiveSession cancelled = LiveSession::open(*engine, with_latency(0.25));
    engine.reset();
    dropped.push(std::span(samples).first(static_cast<std::size_t>(i) * 20000));
    cancelled.push(std::span(samples).first(160000));
    cancelled.cancel();
    EXPECT_THROW(cancelled.push(samples), Cancelled);
    EXPECT_THROW(cancelled.finish(), Cancelled);
  }
}

TEST(LiveSession, WhatANetworkThrowsReachesTheCaller) {
  const Engine engine = own_engine();
  std::vector<float> samples = conversation(20.0);
  std::fill_n(samples.begin() + 160000, 1600, 0.0f);
  samples[160000] = 666.0f;
  LiveSession session = LiveSession::open(engine);
  EXPECT_THROW(
      {
        session.push(samples);
        session.finish();
      },
      std::runtime_error);
  EXPECT_THROW(session.poll(), std::runtime_error);
}

}  // namespace
}  // namespace diar
