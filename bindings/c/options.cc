#include "options.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "status.h"

namespace diar::c_api {
namespace {

// Structs grow, but not into this.
constexpr std::size_t kMaxStructSize = 4096;
// What the first version of each struct held; a caller's may be longer.
constexpr std::size_t kFirstParamsSize = offsetof(diar_engine_params, reserved) + sizeof(std::int32_t);
constexpr std::size_t kFirstOptionsSize = offsetof(diar_options, abort_data) + sizeof(void*);
// No gap at the end: an old caller's would be read as the member that is appended there.
static_assert(sizeof(diar_engine_params) == kFirstParamsSize && sizeof(diar_options) == kFirstOptionsSize);
constexpr std::size_t kFirstLiveSize = offsetof(diar_live_options, reserved) + sizeof(std::int32_t);
constexpr std::size_t kFirstIdentifySize = offsetof(diar_identify_options, min_speech_s) + sizeof(double);
static_assert(sizeof(diar_live_options) == kFirstLiveSize &&
              sizeof(diar_identify_options) == kFirstIdentifySize);

diar_engine_params default_params() {
  diar_engine_params params = {};
  params.struct_size = sizeof(params);
  return params;
}

diar_options default_options() {
  diar_options options = {};
  options.struct_size = sizeof(options);
  options.threshold = options.fa = options.fb = options.min_duration_off_s = -1.0;
  options.channel = -1;
  return options;
}

diar_live_options default_live_options() {
  const LiveOptions defaults;
  return {sizeof(diar_live_options), defaults.latency_s, defaults.bounded_memory ? 1 : 0, 0};
}

diar_identify_options default_identify_options() {
  const IdentifyOptions defaults;
  return {sizeof(diar_identify_options), defaults.threshold, defaults.margin, defaults.min_speech_s};
}

void check_size(std::size_t size, std::size_t first) {
  require(size >= first && size <= kMaxStructSize,
          "struct_size is not that of any version: call the struct's init function first");
}

/// A caller's struct over the defaults. What a newer header appended must be unused here: all zero.
template <typename Struct>
Struct read_struct(const Struct* given, Struct value, std::size_t first) {
  if (given == nullptr) return value;
  std::size_t size = 0;
  std::memcpy(&size, given, sizeof(size));
  check_size(size, first);
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  std::memcpy(&value, bytes, std::min(size, sizeof(value)));
  const auto is_set = [](unsigned char byte) { return byte != 0; };
  require(size <= sizeof(value) || std::none_of(bytes + sizeof(value), bytes + size, is_set),
          "an option is set that this version of the library does not know");
  return value;
}

/// Defaults into the caller's struct; what it has beyond ours is zero.
template <typename Struct>
diar_status init_struct(Struct* out, std::size_t size, Struct value, std::size_t first) {
  return guarded(nullptr, [&] {
    require(out != nullptr, "the struct is null");
    check_size(size, first);
    value.struct_size = size;
    std::memset(static_cast<void*>(out), 0, size);
    std::memcpy(static_cast<void*>(out), &value, std::min(size, sizeof(value)));
  });
}

Speed speed_of(std::int32_t speed) {
  require(speed >= DIAR_SPEED_EXACT && speed <= DIAR_SPEED_FASTER, "the speed is none of diar_speed");
  return static_cast<Speed>(speed);
}

std::optional<Profile> profile_of(std::int32_t profile) {
  require(profile >= DIAR_PROFILE_MODEL && profile <= DIAR_PROFILE_BEST,
          "the profile is none of diar_profile");
  if (profile == DIAR_PROFILE_MODEL) return std::nullopt;
  return profile == DIAR_PROFILE_BEST ? Profile::kBest : Profile::kPyannote;
}

// So that a later version may give them a meaning.
void check_reserved(std::int32_t reserved) {
  require(reserved == 0, "a reserved member is not 0");
}

std::optional<int> count_of(std::int32_t count) {
  require(count >= 0, "a number of speakers is negative");
  return count == 0 ? std::nullopt : std::optional<int>(count);
}

std::optional<double> value_of(double value) {
  return value < 0.0 ? std::nullopt : std::optional<double>(value);  // NaN stays and is refused by name
}

}  // namespace

bool RunOptions::should_abort() const {
  return callbacks.should_abort != nullptr && callbacks.should_abort(callbacks.abort_data) != 0;
}

bool RunOptions::go_on(const Progress& progress) const {
  if (should_abort()) return false;
  if (callbacks.on_progress == nullptr) return true;
  const std::string stage(progress.stage);
  const diar_progress shown = {sizeof(diar_progress), stage.c_str(), progress.completed, progress.total};
  return callbacks.on_progress(&shown, callbacks.progress_data) == 0;
}

EngineOptions read_engine_params(const diar_engine_params* given) {
  const diar_engine_params params = read_struct(given, default_params(), kFirstParamsSize);
  constexpr std::array<Device, 3> kDevices = {Device::kAuto, Device::kCpu, Device::kMlx};
  require(params.device >= 0 && params.device < static_cast<std::int32_t>(kDevices.size()),
          "the device is none of diar_device");
  require(params.num_threads >= 0 && params.num_threads <= 4096,
          "the number of threads lies outside 0 to 4096");
  check_reserved(params.reserved);
  EngineOptions options = EngineOptions::for_speed(speed_of(params.speed));
  options.device = kDevices[static_cast<std::size_t>(params.device)];
  options.num_threads = params.num_threads;
  return options;
}

RunOptions read_options(const diar_options* given) {
  const diar_options values = read_struct(given, default_options(), kFirstOptionsSize);
  RunOptions options;
  options.callbacks = values;
  SessionOptions& session = options.session;
  session.num_speakers = count_of(values.num_speakers);
  session.min_speakers = count_of(values.min_speakers);
  session.max_speakers = count_of(values.max_speakers);
  session.profile = profile_of(values.profile);
  session.speed = speed_of(values.speed);
  check_reserved(values.reserved);
  session.min_duration_s = values.min_duration_s;
  session.min_confidence = values.min_confidence;
  if (values.step_s != 0.0) session.step_s = values.step_s;
  session.parameters = {value_of(values.threshold), value_of(values.fa), value_of(values.fb),
                        value_of(values.min_duration_off_s)};
  options.has_uri = values.uri != nullptr;
  if (options.has_uri) session.uri = values.uri;
  require(values.channel >= -1, "the channel is below -1");
  if (values.channel >= 0) options.audio.channel = values.channel;
  options.audio.allow_truncated = values.allow_truncated != 0;
  return options;
}

diar_session_state state_of(const SessionStatus& status) {
  return {sizeof(diar_session_state), status.pushed_s,          status.waiting_s,
          status.capacity_s,          status.windows_completed, status.windows_waiting};
}

LiveOptions read_live_options(const RunOptions& run, const diar_live_options* given,
                              std::int32_t sample_rate_hz) {
  const diar_live_options values = read_struct(given, default_live_options(), kFirstLiveSize);
  check_reserved(values.reserved);
  LiveOptions options;
  options.session = run.session;
  options.sample_rate_hz = sample_rate_hz;
  options.latency_s = values.latency_s;
  options.bounded_memory = values.bounded_memory != 0;
  return options;
}

IdentifyOptions read_identify_options(const diar_identify_options* given) {
  const diar_identify_options values = read_struct(given, default_identify_options(), kFirstIdentifySize);
  IdentifyOptions options;
  options.threshold = values.threshold;
  options.margin = values.margin;
  options.min_speech_s = values.min_speech_s;
  return options;
}

}  // namespace diar::c_api

extern "C" {

diar_status diar_engine_params_init(diar_engine_params* params, size_t struct_size) {
  using namespace diar::c_api;
  return init_struct(params, struct_size, default_params(), kFirstParamsSize);
}

diar_status diar_options_init(diar_options* options, size_t struct_size) {
  using namespace diar::c_api;
  return init_struct(options, struct_size, default_options(), kFirstOptionsSize);
}

diar_status diar_live_options_init(diar_live_options* options, size_t struct_size) {
  using namespace diar::c_api;
  return init_struct(options, struct_size, default_live_options(), kFirstLiveSize);
}

diar_status diar_identify_options_init(diar_identify_options* options, size_t struct_size) {
  using namespace diar::c_api;
  return init_struct(options, struct_size, default_identify_options(), kFirstIdentifySize);
}

}  // extern "C"
