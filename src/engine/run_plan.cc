#include "engine/run_plan.h"

#include <algorithm>
#include <cmath>

#include "core/speed_traits.h"
#include "diar/errors.h"
#include "diar/waveform.h"

namespace diar {
namespace {

constexpr std::size_t kMaxWindowSamples = std::size_t{100} * kModelSampleRateHz;

std::size_t samples_of(double time_s) {
  return static_cast<std::size_t>(std::llround(time_s * kModelSampleRateHz));
}

void check_speaker_bounds(const SessionOptions& options) {
  for (const auto& bound : {options.num_speakers, options.min_speakers, options.max_speakers}) {
    if (bound && *bound < 1) throw InvalidArgument("a number of speakers must be at least 1");
  }
  if (options.min_speakers && options.max_speakers && *options.min_speakers > *options.max_speakers) {
    throw InvalidArgument("the minimum number of speakers is above the maximum");
  }
  if (options.num_speakers && ((options.min_speakers && *options.min_speakers > *options.num_speakers) ||
                               (options.max_speakers && *options.max_speakers < *options.num_speakers))) {
    throw InvalidArgument("the number of speakers lies outside its own bounds");
  }
}

void check_window(const RunPlan& plan, const SegmentationNetwork& segmentation,
                  const SpeakerEncoder* encoder) {
  if (plan.window_samples > kMaxWindowSamples) throw InvalidArgument("a window must not exceed 100 s");
  if (segmentation.num_frames(plan.window_samples) == 0 ||
      (encoder != nullptr && plan.window_samples < encoder->spec().min_samples)) {
    throw InvalidArgument("a window of " + std::to_string(plan.window_samples) +
                          " samples is too short for the network");
  }
  if (plan.step_samples > plan.window_samples)
    throw InvalidArgument("the step between windows must not exceed their length");
}

}  // namespace

RunPlan resolve_plan(const ModelConfig& config, Precision precision, const SegmentationNetwork& segmentation,
                     const SpeakerEncoder* encoder, const SessionOptions& options) {
  check_speaker_bounds(options);
  check_parameters(options.parameters);
  if (!(options.min_duration_s >= 0.0 && options.min_duration_s <= 1e9))
    throw InvalidArgument("the shortest turn must lie between 0 and 1e9 seconds");
  if (!(options.min_confidence >= 0.0 && options.min_confidence <= 1.0))
    throw InvalidArgument("the least confidence of a turn must lie between 0 and 1");
  const SpeedTraits& speed = speed_traits(options.speed);
  if (precision == Precision::kMixed && speed.precision != Precision::kMixed)
    throw InvalidArgument("an engine of mixed precision runs at the speed 'faster' only");
  // CAM++, whose layers average over all that they hear, and networks that only run whole windows.
  const bool is_lone = speed.shares_windows && encoder != nullptr && !encoder->spec().shares_windows;
  const double step_factor = is_lone ? speed.lone_step_factor : speed.step_factor;
  const double step_s = options.step_s.value_or(step_factor * config.step_s);
  if (!(step_s > 0.0) || step_s > 1e4) throw InvalidArgument("the step between windows must be positive");
  const PipelineParameters parameters = options.parameters.or_else(config.parameters_of(options.speed));

  RunPlan plan;
  plan.window_samples = options.window_samples.value_or(samples_of(config.duration_s));
  plan.step_samples = std::max<std::size_t>(samples_of(step_s), 1);
  plan.step_s = step_s;
  check_window(plan, segmentation, encoder);
  plan.share_windows = speed.shares_windows && !is_lone;
  plan.exclude_overlap = config.exclude_overlap;
  plan.threshold = *parameters.threshold;
  plan.fa = *parameters.fa;
  plan.fb = *parameters.fb * (speed.scale_prior || is_lone ? config.step_s / step_s : 1.0);
  plan.min_duration_off_s = *parameters.min_duration_off_s;
  plan.min_duration_s = options.min_duration_s;
  plan.min_confidence = options.min_confidence;
  plan.confidence = config.confidence;
  plan.profile = options.profile.value_or(config.profile);
  plan.num_speakers = options.num_speakers;
  plan.min_speakers = options.min_speakers;
  plan.max_speakers = options.max_speakers;
  plan.uri = options.uri;
  plan.hook = options.on_artefact;
  return plan;
}

}  // namespace diar
