// Live sessions in C: every event as a struct and as JSON, the end as a whole run, and what a caller may do
// wrong.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "c_api/c_caller.h"
#include "diar/annotation.h"
#include "diar/io/rttm.h"
#include "diar/live.h"

namespace diar {
namespace {

using namespace c_api_test;
using nlohmann::json;

LivePtr open_live(diar_engine* engine, int rate_hz = 16000, const diar_options* with = nullptr,
                  const diar_live_options* live_with = nullptr) {
  diar_live* live = nullptr;
  EXPECT_EQ(diar_live_open(engine, rate_hz, with, live_with, &live), DIAR_OK) << diar_last_error();
  return LivePtr(live);
}

diar_live_options live_options() {
  diar_live_options made;
  EXPECT_EQ(diar_live_options_init(&made, sizeof made), DIAR_OK);
  return made;
}

std::string text(const char* pointer) {
  return pointer == nullptr ? "" : pointer;
}

/// What somebody does who follows a stream through the structs alone.
class Follower {
 public:
  /// Takes the events that are new.
  void poll(diar_live* live) {
    std::uint64_t count = 0;
    ASSERT_EQ(diar_live_poll(live, &count), DIAR_OK) << diar_live_message(live);
    for (std::uint64_t i = 0; i < count; ++i) {
      diar_event event = {};
      event.struct_size = sizeof event;
      ASSERT_EQ(diar_live_event(live, i, &event), DIAR_OK);
      const char* line = nullptr;
      std::uint64_t length = 0;
      ASSERT_EQ(diar_live_event_json(live, i, &line, &length), DIAR_OK);
      ASSERT_EQ(std::strlen(line), length);
      ASSERT_EQ(std::strchr(line, '\n'), line + length - 1);
      expect_same(event, json::parse(line));
      take(event);
    }
    diar_event past = {};
    past.struct_size = sizeof past;
    EXPECT_EQ(diar_live_event(live, count, &past), DIAR_ERROR_ARGUMENT);
  }

  std::string rttm(const std::string& uri) const {
    std::vector<Turn> left;
    for (const auto& [id, turn] : turns_) {
      const auto name = offline_.find(turn.speaker);
      left.push_back({turn.segment, name == offline_.end() ? "unknown" : name->second});
    }
    return to_rttm(Annotation(uri, std::move(left)));
  }

  std::set<std::int32_t> kinds;
  double latest_turn_s = 0.0;
  bool is_over = false;
  bool equals_offline = false;

 private:
  static void expect_same(const diar_event& event, const json& object) {
    EXPECT_EQ(object.at("type"), diar_event_kind_name(event.kind));
    const auto number = [&](const char* name, double value) {
      if (!object.contains(name)) return;
      EXPECT_EQ(object.at(name).get<double>(), value) << object;
    };
    number("id", static_cast<double>(event.turn_id));
    number("start_s", event.start_s);
    number("end_s", event.end_s);
    number("time_s", event.kind == DIAR_EVENT_SPEAKER_START ? event.start_s : event.end_s);
    number("pushed_s", event.pushed_s);
    number("shown_s", event.shown_s);
    number("windows", static_cast<double>(event.num_windows));
    number("speakers", static_cast<double>(event.num_speakers));
    number("dropped", static_cast<double>(event.num_dropped));
    number("clusterings", static_cast<double>(event.num_clusterings));
    number("clustering_s", event.clustering_s);
    number("duration_s", event.duration_s);
    const bool is_turn = event.kind == DIAR_EVENT_TURN || event.kind == DIAR_EVENT_TURN_REVISED;
    EXPECT_EQ(event.confidence, is_turn ? object.value("confidence", -1.0) : 0.0) << object;
    const bool is_merge = event.kind == DIAR_EVENT_SPEAKERS_MERGED;
    EXPECT_EQ(text(event.speaker), object.value(is_merge ? "into" : "speaker", "")) << object;
    EXPECT_EQ(text(event.old_speaker), object.value(is_merge ? "from" : "old_speaker", "")) << object;
    constexpr std::array<const char*, 4> kStates = {"", "tentative", "stable", "final"};
    EXPECT_EQ(kStates.at(static_cast<std::size_t>(event.turn_state)), object.value("state", ""));
    std::map<std::string, std::string> labels;
    for (std::uint64_t i = 0; i < event.num_labels; ++i)
      labels[event.labels[i].live] = event.labels[i].offline;
    EXPECT_EQ(json(labels), object.value("offline_labels", json(json::value_t::object)));
    EXPECT_EQ(event.equals_offline != 0, object.value("equals_offline", false));
  }

  void take(const diar_event& event) {
    kinds.insert(event.kind);
    EXPECT_FALSE(is_over);
    switch (event.kind) {
      case DIAR_EVENT_TURN:
      case DIAR_EVENT_TURN_REVISED:
        turns_[event.turn_id] = {{event.start_s, event.end_s}, event.speaker};
        latest_turn_s = std::max(latest_turn_s, event.end_s);
        break;
      case DIAR_EVENT_TURN_REMOVED:
        turns_.erase(event.turn_id);
        break;
      case DIAR_EVENT_FINAL:
        is_over = true;
        equals_offline = event.equals_offline != 0;
        for (std::uint64_t i = 0; i < event.num_labels; ++i)
          offline_[event.labels[i].live] = event.labels[i].offline;
        break;
      default:
        break;
    }
  }

  std::map<std::uint64_t, Turn> turns_;
  std::map<std::string, std::string> offline_;
};

class CApiLive : public CApi {};

TEST_F(CApiLive, EventsLeadToTheResultOfAWholeRun) {
  diar_options with = options();
  with.uri = "talk";
  const LivePtr live = open_live(engine_, 16000, &with);
  Follower follower;
  for (std::size_t at = 0; at < int16_->size(); at += 16000) {
    ASSERT_EQ(diar_live_push_int16(live.get(), int16_->data() + at, 16000), DIAR_OK);
    follower.poll(live.get());
  }
  diar_session_state state = {};
  state.struct_size = sizeof state;
  ASSERT_EQ(diar_live_state(live.get(), &state), DIAR_OK);
  EXPECT_EQ(state.pushed_s, 14.0);
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_live_finish(live.get(), &raw), DIAR_OK) << diar_live_message(live.get());
  const ResultPtr result(raw);
  follower.poll(live.get());
  const std::string wanted = text_of(run(engine_, *floats_, 16000, &with).get());
  EXPECT_EQ(text_of(raw), wanted);
  EXPECT_EQ(follower.rttm("talk"), wanted);
  EXPECT_TRUE(follower.is_over);
  EXPECT_TRUE(follower.equals_offline);
  for (const int kind : {DIAR_EVENT_SPEAKER_START, DIAR_EVENT_SPEAKER_END, DIAR_EVENT_TURN,
                         DIAR_EVENT_PROGRESS, DIAR_EVENT_FINAL})
    EXPECT_TRUE(follower.kinds.contains(kind)) << kind;
  std::uint64_t count = 5;
  EXPECT_EQ(diar_live_poll(live.get(), &count), DIAR_OK);
  EXPECT_EQ(count, 0u);
}

TEST_F(CApiLive, AnotherThreadMayFollow) {
  diar_live_options live_with = live_options();
  live_with.latency_s = 0.5;
  const LivePtr live = open_live(engine_, 16000, nullptr, &live_with);
  Follower follower;
  std::atomic<bool> is_done{false};
  std::thread other([&] {
    while (!is_done.load()) {
      follower.poll(live.get());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  ASSERT_EQ(diar_live_push_float(live.get(), floats_->data(), floats_->size()), DIAR_OK);
  diar_result* raw = nullptr;
  EXPECT_EQ(diar_live_finish(live.get(), &raw), DIAR_OK);
  is_done.store(true);
  other.join();
  follower.poll(live.get());
  EXPECT_EQ(follower.rttm("audio"), text_of(ResultPtr(raw).get()));
}

TEST_F(CApiLive, BoundedMemoryGivesWhatWasShown) {
  diar_live_options live_with = live_options();
  live_with.bounded_memory = 1;
  const LivePtr live = open_live(engine_, 16000, nullptr, &live_with);
  ASSERT_EQ(diar_live_push_float(live.get(), floats_->data(), floats_->size()), DIAR_OK);
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_live_finish(live.get(), &raw), DIAR_OK) << diar_live_message(live.get());
  Follower follower;
  follower.poll(live.get());
  EXPECT_FALSE(follower.equals_offline);
  EXPECT_GT(diar_result_num_turns(raw, DIAR_TURNS_ALL), 0u);
  EXPECT_EQ(follower.rttm("audio"), text_of(ResultPtr(raw).get()));
}

TEST_F(CApiLive, OptionsOutOfRangeAreRefused) {
  diar_live* raw = nullptr;
  diar_live_options live_with = live_options();
  EXPECT_EQ(live_with.latency_s, 1.0);
  for (const double latency_s : {0.0, 6.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    live_with.latency_s = latency_s;
    EXPECT_EQ(diar_live_open(engine_, 16000, nullptr, &live_with, &raw), DIAR_ERROR_ARGUMENT);
    EXPECT_EQ(raw, nullptr);
    EXPECT_NE(std::strstr(diar_engine_message(engine_), "latency"), nullptr);
  }
  live_with = live_options();
  live_with.reserved = 1;
  EXPECT_EQ(diar_live_open(engine_, 16000, nullptr, &live_with, &raw), DIAR_ERROR_ARGUMENT);
  for (const int rate_hz : {0, -1, 999, 768001, std::numeric_limits<int>::max()})
    EXPECT_EQ(diar_live_open(engine_, rate_hz, nullptr, nullptr, &raw), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_live_open(engine_, 16000, nullptr, nullptr, nullptr), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_live_open(nullptr, 16000, nullptr, nullptr, &raw), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_live_options_init(nullptr, sizeof live_with), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_live_options_init(&live_with, 8), DIAR_ERROR_ARGUMENT);
}

TEST_F(CApiLive, WrongOrdersAndHandlesAreFound) {
  LivePtr live = open_live(engine_, 8000);
  diar_event event = {};
  event.struct_size = sizeof event;
  EXPECT_EQ(diar_live_event(live.get(), 0, &event), DIAR_ERROR_ARGUMENT);
  const char* line = nullptr;
  EXPECT_EQ(diar_live_event_json(live.get(), 0, &line, nullptr), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_live_push_float(live.get(), nullptr, 5), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_live_push_float(live.get(), floats_->data(), ~std::uint64_t{0}), DIAR_ERROR_ARGUMENT);
  const std::array<float, 3> bad = {0.0f, std::numeric_limits<float>::quiet_NaN(), 0.0f};
  EXPECT_EQ(diar_live_push_float(live.get(), bad.data(), bad.size()), DIAR_ERROR_AUDIO);
  ASSERT_EQ(diar_live_push_int16(live.get(), int16_->data(), 8000), DIAR_OK);
  ASSERT_EQ(diar_live_poll(live.get(), nullptr), DIAR_OK);
  EXPECT_EQ(diar_live_event(live.get(), 0, nullptr), DIAR_ERROR_ARGUMENT);
  event.struct_size = 12;
  EXPECT_EQ(diar_live_event(live.get(), 0, &event), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_live_event_json(live.get(), 0, nullptr, nullptr), DIAR_ERROR_ARGUMENT);
  EXPECT_EQ(diar_live_finish(live.get(), nullptr), DIAR_ERROR_ARGUMENT);
  diar_result* raw = nullptr;
  ASSERT_EQ(diar_live_finish(live.get(), &raw), DIAR_OK);
  EXPECT_EQ(diar_result_duration_s(ResultPtr(raw).get()), 1.0);
  EXPECT_EQ(diar_live_finish(live.get(), &raw), DIAR_ERROR_ORDER);
  EXPECT_EQ(raw, nullptr);
  EXPECT_EQ(diar_live_push_float(live.get(), floats_->data(), 1), DIAR_ERROR_ORDER);
  EXPECT_STREQ(diar_live_message(live.get()), diar_last_error());
  // A live session is no session.
  auto* const as_session = reinterpret_cast<diar_session*>(live.get());
  EXPECT_EQ(diar_session_cancel(as_session), DIAR_ERROR_HANDLE);
  diar_live* const stale = live.release();
  EXPECT_EQ(diar_live_free(stale), DIAR_OK);
  EXPECT_EQ(diar_live_free(stale), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_live_free(nullptr), DIAR_OK);
  EXPECT_EQ(diar_live_poll(stale, nullptr), DIAR_ERROR_HANDLE);
  EXPECT_EQ(diar_live_event(stale, 0, &event), DIAR_ERROR_HANDLE);
  EXPECT_STREQ(diar_live_message(stale), "");
}

TEST_F(CApiLive, CallbacksAndCancelStopAStream) {
  struct Calls {
    int count = 0;
    diar_live* live = nullptr;
    diar_status inner = DIAR_OK;
  } calls;
  diar_options with = options();
  with.on_progress = [](const diar_progress*, void* data) -> std::int32_t {
    auto& seen = *static_cast<Calls*>(data);
    seen.inner = diar_live_push_float(seen.live, nullptr, 0);
    return ++seen.count >= 3;
  };
  with.progress_data = &calls;
  const LivePtr live = open_live(engine_, 16000, &with);
  calls.live = live.get();
  EXPECT_EQ(diar_live_push_float(live.get(), floats_->data(), floats_->size()), DIAR_ERROR_CANCELLED);
  EXPECT_EQ(calls.count, 3);
  EXPECT_EQ(calls.inner, DIAR_ERROR_BUSY);
  diar_result* raw = nullptr;
  EXPECT_EQ(diar_live_finish(live.get(), &raw), DIAR_ERROR_CANCELLED);

  diar_live* const other = open_live(engine_).release();
  std::thread canceller([other] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    diar_live_cancel(other);
    diar_live_free(other);
  });
  diar_status status = DIAR_OK;
  while (status == DIAR_OK) status = diar_live_push_float(other, floats_->data(), floats_->size());
  canceller.join();
  EXPECT_TRUE(status == DIAR_ERROR_CANCELLED || status == DIAR_ERROR_HANDLE) << status;
}

TEST(CApiEvents, KindsHaveTheNamesOfTheSchema) {
  EXPECT_EQ(diar_events_version(), DIAR_EVENTS_VERSION);
  std::ifstream file(kSource + "/docs/schema/live-events.schema.json");
  const json schema = json::parse(file);
  for (int kind = DIAR_EVENT_SPEAKER_START; kind <= DIAR_EVENT_FINAL; ++kind)
    EXPECT_TRUE(schema.at("$defs").contains(diar_event_kind_name(kind))) << kind;
  for (const int kind : {0, DIAR_EVENT_FINAL + 1, -1}) EXPECT_STREQ(diar_event_kind_name(kind), "unknown");
  // As many as the library's own: a new one needs a number here.
  EXPECT_EQ(std::variant_size_v<LiveEvent>, static_cast<std::size_t>(DIAR_EVENT_FINAL));
}

}  // namespace
}  // namespace diar
