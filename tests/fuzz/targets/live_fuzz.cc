// Orders of push, poll, settle and finish in: events whose replay is the offline result out, whatever the
// order.
#include "core/executor.h"
#include "engine/own_networks.h"
#include "fuzz_target.h"
#include "session/diarization.h"
#include "session/live_core.h"

namespace {

using namespace diar;

// Voices that the networks of the tests tell apart, one for each value.
void append_voice(std::vector<float>& samples, std::uint8_t voice, std::size_t count) {
  constexpr float kLevels[] = {0.0f, 0.5f, -0.3f, 0.05f, -0.9f};
  samples.insert(samples.end(), count, kLevels[voice % std::size(kLevels)]);
}

RunPlan plan_of(std::uint8_t bits) {
  RunPlan plan;
  plan.window_samples = 16000;
  plan.step_samples = (bits & 1) != 0 ? 16000 : 3200;
  plan.step_s = static_cast<double>(plan.step_samples) / 16000.0;
  plan.min_duration_off_s = (bits & 2) != 0 ? 0.3 : 0.0;
  plan.min_duration_s = (bits & 4) != 0 ? 0.25 : 0.0;
  if ((bits & 8) != 0) plan.max_speakers = 1;
  if ((bits & 16) != 0) plan.num_speakers = 3;
  return plan;
}

class Stream {
 public:
  Stream(std::uint8_t plan_bits, std::uint8_t live_bits)
      : plan_(plan_of(plan_bits)),
        bounded_((live_bits & 4) != 0),
        executor_(std::make_shared<const Executor>(1)),
        live_(segmentation_, encoder_, cosine_scoring(), plan_, live_plan(live_bits)),
        core_(segmentation_, encoder_, executor_, plan_, &live_) {}
  void push(std::span<const float> samples) { core_.push(samples); }
  void settle() { core_.settle(); }
  void poll() {
    std::vector<LiveEvent> events;
    live_.collect(core_.status(), events);
    for (const LiveEvent& event : events) turns_.apply(event);
  }
  void finish() {
    const NetworkOutput networks = core_.finish();
    live_.stop();
    const DiarizationOutput output = bounded_ ? live_.conclude_shown(networks.duration_s)
                                              : assign_and_reconstruct(networks, *cosine_scoring(), plan_);
    if (!bounded_) live_.conclude(output);
    poll();
    fuzz::require(turns_.annotation(plan_.uri) == output.diarization, "that the events give the result");
  }

 private:
  LivePlan live_plan(std::uint8_t bits) const {
    LivePlan live;
    live.latency_s = (bits & 1) != 0 ? 0.25 : 1.0;
    live.bounded_memory = bounded_;
    live.kept_stream_s = 6.0;
    return live;
  }

  const std::shared_ptr<engine_test::SignSegmentation> segmentation_ =
      std::make_shared<engine_test::SignSegmentation>();
  const std::shared_ptr<engine_test::MeanEncoder> encoder_ = std::make_shared<engine_test::MeanEncoder>();
  const RunPlan plan_;
  const bool bounded_;
  const std::shared_ptr<const Executor> executor_;
  LiveTurns turns_;
  LiveCore live_;
  SessionCore core_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostOrders = 120;
  if (size < 2) return 0;
  Stream stream(data[0], data[1]);
  std::vector<float> samples;
  for (std::size_t at = 2; at < std::min(size, kMostOrders); ++at) {
    const std::uint8_t order = data[at];
    if (order < 8) {
      stream.poll();
    } else if (order < 16) {
      stream.settle();
    } else {
      samples.clear();
      // From a hundredth of a second to three.
      append_voice(samples, order & 7, std::size_t{160} << (order >> 3 & 7) << (order >> 7));
      stream.push(samples);
    }
  }
  stream.finish();
  return 0;
}
