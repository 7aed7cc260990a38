// Calls of the C interface in any order, with any handles and values.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "diar/diar.h"
#include "fuzz_target.h"

namespace diar::fuzz {
namespace {

/// Bytes of the input, one after the other; zeros past the end.
class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool ended() const { return at_ >= size_; }
  std::uint8_t byte() { return ended() ? 0 : data_[at_++]; }
  std::uint64_t number() {
    constexpr std::array<std::uint64_t, 8> kOdd = {
        0, 1, 2, 500, 1u << 31, std::uint64_t{1} << 32, std::uint64_t{1} << 62, ~std::uint64_t{0}};
    const std::uint8_t chosen = byte();
    return chosen < 128 ? chosen : kOdd[chosen % kOdd.size()];
  }
  double real() {
    constexpr std::array<double, 8> kOdd = {0.0,
                                            1.0,
                                            -1.0,
                                            0.5,
                                            1e300,
                                            -1e300,
                                            std::numeric_limits<double>::infinity(),
                                            std::numeric_limits<double>::quiet_NaN()};
    return kOdd[byte() % kOdd.size()];
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

diar_engine* engine_handle() {
  static diar_engine* const engine = [] {
    diar_engine_params params;
    diar_engine_params_init(&params, sizeof params);
    params.num_threads = 1;
    diar_engine* loaded = nullptr;
    require(diar_engine_load(DIAR_FUZZ_MODEL, &params, &loaded) == DIAR_OK, "that the starter model loads");
    return loaded;
  }();
  return engine;
}

/// What one input has made, and what it made up; freed handles stay in their places.
class Caller {
 public:
  Caller(const std::uint8_t* data, std::size_t size) : script_(data, size) {
    handles_[0] = reinterpret_cast<std::uintptr_t>(engine_handle());
    handles_[1] = 0;
    handles_[2] = 0xdeadbeef;
  }
  ~Caller() {
    // The engine is not this input's.
    for (std::size_t i = 3; i < handles_.size(); ++i) release(handles_[i]);
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  void run() {
    for (int calls = 0; calls < 40 && !script_.ended(); ++calls) call();
  }

 private:
  /// Whatever it is, and whether or not it was freed before.
  static void release(std::uintptr_t handle) {
    diar_session_free(reinterpret_cast<diar_session*>(handle));
    diar_live_free(reinterpret_cast<diar_live*>(handle));
    diar_result_free(reinterpret_cast<diar_result*>(handle));
  }
  void keep(void* made) {
    if (made == nullptr) return;
    auto& place = handles_[3 + next_++ % (handles_.size() - 3)];
    release(place);
    place = reinterpret_cast<std::uintptr_t>(made);
  }
  void check(diar_status status) {
    require(status >= DIAR_OK && status <= DIAR_ERROR_BUSY, "that a status has a name");
    require(std::strcmp(diar_status_name(status), "unknown") != 0, "that a status has a name");
    require(status != DIAR_ERROR_INTERNAL, "that no call ends in a defect");
    if (status != DIAR_OK) require(*diar_last_error() != '\0', "that an error says something");
  }

  const diar_options* options() {
    const std::uint8_t kind = script_.byte();
    if (kind % 4 == 0) return nullptr;
    check(diar_options_init(&options_, sizeof options_));
    if (kind % 4 == 1) return &options_;
    if ((kind & 8) != 0) options_.struct_size = script_.number();
    if (options_.struct_size > sizeof options_)
      options_.struct_size = ~std::size_t{0};  // bytes that are there
    options_.num_speakers = static_cast<std::int32_t>(script_.number());
    options_.min_speakers = static_cast<std::int32_t>(script_.number());
    options_.speed = static_cast<std::int32_t>(script_.byte() % 5) - 1;
    options_.threshold = script_.real();
    options_.step_s = script_.real();
    options_.min_duration_s = script_.real();
    options_.should_abort = [](void* data) -> std::int32_t { return ++*static_cast<int*>(data) > 3; };
    options_.abort_data = &aborts_;
    return &options_;
  }

  /// A number of samples that are there, or one that no memory holds.
  std::uint64_t samples() {
    const std::uint64_t count = script_.number();
    const float value = static_cast<float>(script_.real());
    floats_.fill((script_.byte() & 1) != 0 ? 0.1f : value);
    return count <= floats_.size() || count >= (std::uint64_t{1} << 62) ? count : floats_.size();
  }

  void call() {
    diar_session* session = nullptr;
    diar_result* result = nullptr;
    const auto rate_hz =
        static_cast<std::int32_t>(std::array<int, 6>{16000, 8000, 44100, 0, -1, 1 << 30}[script_.byte() % 6]);
    const std::uint8_t chosen = script_.byte();
    // Of whatever kind they are.
    auto* const given = reinterpret_cast<diar_session*>(handles_[script_.byte() % handles_.size()]);
    auto* const engine = (chosen & 0x80) != 0 ? reinterpret_cast<diar_engine*>(given) : engine_handle();
    switch ((chosen & 0x7f) % 20) {
      case 0:
        check(diar_session_open(engine, rate_hz, options(), &session));
        keep(session);
        break;
      case 1:
        check(diar_session_push_float(given, floats_.data(), samples()));
        break;
      case 2: {
        const std::uint64_t count = samples();
        check(diar_session_push_int16(given, (count & 1) != 0 ? integers_.data() : nullptr, count));
        break;
      }
      case 3: {
        diar_session_state state = {};
        state.struct_size = script_.byte() % 2 == 0 ? sizeof state : script_.byte() % 48;
        check(diar_session_poll(given, &state));
        break;
      }
      case 4:
        if (++num_runs_ > 2) break;
        check(diar_session_finish(given, &result));
        keep(result);
        break;
      case 5:
        check(diar_session_cancel(given));
        break;
      case 6:
        check(diar_session_free(given));
        break;
      case 7:
        check(diar_result_free(reinterpret_cast<diar_result*>(given)));
        break;
      case 8:
        if (++num_runs_ > 2) break;
        use(diar_engine_message(engine));
        run_samples(engine, rate_hz);
        break;
      case 9:
        read_result(reinterpret_cast<diar_result*>(given));
        break;
      case 10: {
        const std::uint64_t size = std::min<std::uint64_t>(script_.number(), sizeof options_);
        check(diar_options_init(&options_, static_cast<std::size_t>(size)));
        break;
      }
      case 11:
        check(diar_diarize_file(engine, "/no/such/file", options(), &result));
        break;
      case 12:
        use(diar_session_message(given));
        use(diar_result_message(reinterpret_cast<diar_result*>(given)));
        use(diar_engine_message(engine));
        break;
      case 13:
        open_live(engine, rate_hz);
        break;
      case 14:
        check(diar_live_push_float(reinterpret_cast<diar_live*>(given), floats_.data(), samples()));
        break;
      case 15:
        read_events(reinterpret_cast<diar_live*>(given));
        break;
      case 16:
        if (++num_runs_ > 2) break;
        check(diar_live_finish(reinterpret_cast<diar_live*>(given), &result));
        keep(result);
        break;
      case 17:
        check(diar_live_cancel(reinterpret_cast<diar_live*>(given)));
        use(diar_live_message(reinterpret_cast<diar_live*>(given)));
        break;
      case 18:
        if ((chosen & 0x40) == 0) {
          check(diar_live_free(reinterpret_cast<diar_live*>(given)));
          break;
        }
        check(diar_result_identify(reinterpret_cast<diar_result*>(given), engine, "/no/such/book", nullptr,
                                   &result));
        break;
      default:
        check(diar_check_abi(static_cast<std::int32_t>(script_.number())));
        break;
    }
  }

  void open_live(diar_engine* engine, std::int32_t rate_hz) {
    diar_live_options live_options = {};
    check(diar_live_options_init(&live_options, sizeof live_options));
    if (script_.byte() % 2 == 1) {
      live_options.latency_s = script_.real();
      live_options.bounded_memory = script_.byte() % 2;
    }
    diar_live* live = nullptr;
    check(diar_live_open(engine, rate_hz, options(), &live_options, &live));
    keep(live);
  }

  void read_events(diar_live* live) {
    if (script_.byte() % 4 != 0) check(diar_live_poll(live, nullptr));
    const std::uint64_t index = script_.number();
    diar_event event = {};
    event.struct_size = script_.byte() % 8 == 7 ? script_.byte() : sizeof event;
    const diar_status status = diar_live_event(live, index, &event);
    check(status);
    if (status == DIAR_OK) {
      require(std::strcmp(diar_event_kind_name(event.kind), "unknown") != 0, "that a kind has a name");
      if (event.speaker != nullptr) use(event.speaker);
      for (std::uint64_t i = 0; i < event.num_labels; ++i) use(event.labels[i].offline);
    }
    const char* line = nullptr;
    std::uint64_t length = 0;
    check(diar_live_event_json(live, index, &line, &length));
    if (line != nullptr) require(std::strlen(line) == length, "that a line has its length");
  }

  void run_samples(diar_engine* engine, std::int32_t rate_hz) {
    diar_result* result = nullptr;
    const std::uint64_t count = samples();
    check(diar_diarize_float(engine, floats_.data(), count, rate_hz, options(), &result));
    keep(result);
  }

  void read_result(const diar_result* result) {
    const auto kind = static_cast<std::int32_t>(script_.byte() % 3);
    const std::uint64_t index = script_.number();
    diar_turn turn = {};
    if (diar_result_turn(result, kind, index, &turn) == DIAR_OK) {
      require(index < diar_result_num_turns(result, kind), "that a turn is one of those counted");
      require(std::isfinite(turn.start_s) && turn.end_s >= turn.start_s, "that a turn's times make sense");
      use(turn.label);
    }
    diar_speaker speaker = {};
    speaker.struct_size = sizeof speaker;
    check(diar_result_speaker(result, index, &speaker));
    const char* text = nullptr;
    constexpr std::array<const char*, 5> kFormats = {"rttm", "json", "srt", "nothing", nullptr};
    check(diar_result_text(result, kFormats[script_.byte() % kFormats.size()], kind, &text, nullptr));
    if (text != nullptr) use(text);
  }

  static void use(const char* text) {
    volatile std::size_t length = std::strlen(text);
    (void)length;
  }

  Script script_;
  std::array<std::uintptr_t, 8> handles_ = {};
  std::size_t next_ = 0;
  int num_runs_ = 0;
  int aborts_ = 0;
  diar_options options_ = {};
  std::array<float, 2000> floats_ = {};
  std::array<std::int16_t, 2000> integers_ = {};
};

}  // namespace
}  // namespace diar::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  diar::fuzz::Caller(data, size).run();
  return 0;
}
