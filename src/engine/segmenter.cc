#include "diar/segmenter.h"

#include "diar/errors.h"
#include "engine/run_plan.h"
#include "engine/source_pump.h"
#include "models/model_directory.h"
#include "networks/registry.h"
#include "session/speaker_count.h"
#include "session/turns.h"

namespace diar {

struct Segmenter::Impl {
  ModelConfig config;
  std::shared_ptr<const Executor> executor;
  std::shared_ptr<const SegmentationNetwork> segmentation;
};

Segmenter::Segmenter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Segmenter::Segmenter(Segmenter&&) noexcept = default;
Segmenter& Segmenter::operator=(Segmenter&&) noexcept = default;
Segmenter::~Segmenter() = default;

Segmenter Segmenter::load(const std::filesystem::path& model, const NetworkOptions& options) {
  const ModelDirectory directory = read_model_directory(model, ModelParts::kSegmentation);
  auto impl = std::make_unique<Impl>();
  impl->config = directory.config;
  impl->executor = std::make_shared<const Executor>(options.num_threads);
  impl->segmentation = make_segmentation_network(*directory.segmentation, options, impl->executor);
  return Segmenter(std::move(impl));
}

SegmentationOutput Segmenter::run(AudioSource& audio, const SegmentationOptions& options,
                                  const ProgressCallback& on_progress) const {
  if (!impl_) throw InvalidArgument("this segmenter was moved from");
  SessionOptions session_options;
  session_options.uri = options.uri;
  session_options.window_samples = options.window_samples;
  session_options.step_s = options.step_s;
  const RunPlan plan =
      resolve_plan(impl_->config, Precision::kFloat32, *impl_->segmentation, nullptr, session_options);
  SessionCore session(impl_->segmentation, nullptr, impl_->executor, plan);
  const NetworkOutput networks = pump(audio, session, on_progress);
  const SlidingWindow& frames = networks.activity.grid.frames;
  SegmentationOutput output;
  output.num_active = count_speakers(networks.activity);
  output.frame_step_s = frames.step_s;
  output.frame_offset_s = frames.middle_s(0);
  output.duration_s = networks.duration_s;
  output.num_windows = networks.activity.grid.num_windows;
  // Column 0: somebody talks; column 1: two or more do.
  TurnBuilder builder(2, frames);
  for (std::size_t frame = 0; frame < output.num_active.size(); ++frame) {
    const std::uint8_t active = output.num_active[frame];
    const std::uint8_t columns[2] = {static_cast<std::uint8_t>(active >= 1),
                                     static_cast<std::uint8_t>(active >= 2)};
    builder.add(frame, columns);
  }
  const auto turns = fill_gaps(builder.finish(), plan.min_duration_off_s);
  output.speech = to_annotation(options.uri, turns, {{0, "SPEECH"}});
  output.overlap = to_annotation(options.uri, turns, {{1, "OVERLAP"}});
  return output;
}

}  // namespace diar
