#include "session/network_pass.h"

#include <algorithm>
#include <cmath>

#include "assign/artefacts.h"
#include "core/stopwatch.h"
#include "diar/errors.h"
#include "session/masks.h"
#include "session/powerset.h"
#include "session/speed.h"

namespace diar {
namespace {

std::size_t samples_of(double time_s) {
  return static_cast<std::size_t>(std::llround(time_s * kModelSampleRateHz));
}

}  // namespace

NetworkPass::NetworkPass(const SegmentationModel& segmentation, const EmbeddingModel* embedding,
                         const PipelineConfig& config, const DiarizationOptions& options,
                         const ProgressCallback& on_progress)
    : segmentation_(segmentation),
      embedding_(embedding),
      config_(config),
      options_(options),
      on_progress_(on_progress),
      window_samples_(options.window_samples.value_or(samples_of(config.duration_s))) {
  const SpeedPlan plan = speed_plan(options.speed);
  const double step_s = options.step_s.value_or(plan.step_factor * config.step_s);
  if (!(step_s > 0.0) || step_s > 1e4) throw InvalidArgument("the step between windows must be positive");
  step_samples_ = std::max<std::size_t>(samples_of(step_s), 1);
  const std::size_t frames = segmentation.num_frames(window_samples_);
  if (frames == 0 || window_samples_ < kFrameSamples) {
    throw InvalidArgument("a window of " + std::to_string(window_samples_) +
                          " samples is too short for the network");
  }
  if (step_samples_ > window_samples_)
    throw InvalidArgument("the step between windows must not exceed their length");
  num_features_ = num_fbank_frames(window_samples_);
  activity_.grid.duration_s = static_cast<double>(window_samples_) / kModelSampleRateHz;
  activity_.grid.step_s = step_s;
  activity_.grid.frames_per_window = frames;
  if (embedding_ == nullptr) return;
  embeddings_.dimension = embedding_->dimension();
  if (!plan.stretches) return;
  if (embedding_->trunk_shape().stride == 0) {
    throw InvalidArgument("the speed '" + std::string(to_string(options.speed)) +
                          "' needs the CPU backend: add --device cpu");
  }
  StretchPlan stretches = *plan.stretches;
  stretches.mean_frames = num_features_;
  shared_.emplace(*embedding_, stretches,
                  SharedWindows{window_samples_, step_samples_, config.exclude_overlap}, activity_);
}

void NetworkPass::run(AudioSource& audio) {
  if (const auto duration_s = audio.duration_hint_s()) {
    const double steps = (*duration_s * kModelSampleRateHz - static_cast<double>(window_samples_)) /
                         static_cast<double>(step_samples_);
    expected_windows_ = static_cast<std::size_t>(std::max(0.0, std::ceil(std::min(steps, 1e9)))) + 1;
  }
  WindowReader reader(audio, window_samples_, step_samples_);
  Stopwatch watch;
  report(0);
  while (true) {
    watch.lap_s();
    const WindowBatch batch = reader.next(segmentation_.preferred_batch());
    timings_.audio_s += watch.lap_s();
    if (batch.num_windows == 0) break;
    const std::size_t first_window = activity_.grid.num_windows;
    segment(batch);
    timings_.segmentation_s += watch.lap_s();
    if (shared_) {
      embed_shared(batch, first_window, reader.num_samples());
      continue;
    }
    if (embedding_ != nullptr) embed(batch, first_window);
    report(activity_.grid.num_windows);
  }
  if (shared_) {
    shared_->finish();
    run_shared();
  }
  duration_s_ = static_cast<double>(reader.num_samples()) / kModelSampleRateHz;
}

void NetworkPass::segment(const WindowBatch& batch) {
  const std::size_t frames = activity_.grid.frames_per_window;
  log_probs_.resize(batch.num_windows * frames * kNumPowersetClasses);
  segmentation_.run(batch, log_probs_);
  const std::size_t first = activity_.grid.num_windows;
  emit_floats(options_.on_artefact, "segmentation", {batch.num_windows, frames, kNumPowersetClasses},
              log_probs_, first);
  activity_.bits.resize(activity_.bits.size() + batch.num_windows * frames);
  const auto bits = std::span(activity_.bits).subspan(first * frames);
  to_multilabel(log_probs_, bits);
  emit_bytes(options_.on_artefact, "activity", {batch.num_windows, frames}, bits, first);
  activity_.grid.num_windows += batch.num_windows;
}

void NetworkPass::embed(const WindowBatch& batch, std::size_t first_window) {
  embeddings_.row_of.resize(activity_.grid.num_windows * kNumLocalSpeakers, -1);
  std::vector<std::size_t> with_speakers;
  for (std::size_t within = 0; within < batch.num_windows; ++within) {
    if (activity_.has_speakers(first_window + within)) with_speakers.push_back(within);
  }
  if (with_speakers.empty()) return;
  Stopwatch watch;
  // Frames lie on a grid of 160 samples, which steps of whole hundredths of a second keep: then windows share
  // them.
  shared_features_.clear();
  if (step_samples_ % kFrameShiftSamples == 0) {
    const std::size_t last = with_speakers.back() * step_samples_ + window_samples_;
    shared_features_.resize(num_fbank_frames(last) * kMelBins);
    filter_bank_.compute(batch.samples.first(last), shared_features_);
  }
  timings_.features_s += watch.lap_s();
  const std::size_t at_once = std::max<std::size_t>(4 * embedding_->preferred_batch(), 1);
  for (std::size_t done = 0; done < with_speakers.size(); done += at_once) {
    const std::size_t count = std::min(at_once, with_speakers.size() - done);
    embed_some(std::span(with_speakers).subspan(done, count), batch, first_window);
    report(first_window + with_speakers[done + count - 1] + 1);
  }
}

void NetworkPass::embed_some(std::span<const std::size_t> windows, const WindowBatch& batch,
                             std::size_t first_window) {
  Stopwatch watch;
  const std::size_t frames = activity_.grid.frames_per_window;
  const std::size_t dimension = embeddings_.dimension;
  features_.resize(windows.size() * num_features_ * kMelBins);
  masks_.resize(windows.size() * kNumLocalSpeakers * frames);
  batch_embeddings_.resize(windows.size() * kNumLocalSpeakers * dimension);
  const std::size_t min_frames = min_mask_frames(frames, window_samples_);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    window_features(batch, windows[i],
                    std::span(features_).subspan(i * num_features_ * kMelBins, num_features_ * kMelBins));
    for (std::size_t s = 0; s < kNumLocalSpeakers; ++s) {
      make_mask(activity_, first_window + windows[i], s, config_.exclude_overlap, min_frames,
                std::span(masks_).subspan((i * kNumLocalSpeakers + s) * frames, frames));
    }
  }
  timings_.features_s += watch.lap_s();
  embedding_->run({features_, masks_, windows.size(), num_features_, kNumLocalSpeakers, frames},
                  batch_embeddings_);
  timings_.embedding_s += watch.lap_s();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    keep(first_window + windows[i],
         std::span(masks_).subspan(i * kNumLocalSpeakers * frames, kNumLocalSpeakers * frames),
         std::span(batch_embeddings_)
             .subspan(i * kNumLocalSpeakers * dimension, kNumLocalSpeakers * dimension));
  }
}

void NetworkPass::embed_shared(const WindowBatch& batch, std::size_t first_window, std::size_t num_samples) {
  // Zeros behind the end of the recording are left out.
  const std::size_t start = first_window * step_samples_;
  const std::size_t end =
      std::min(start + (batch.num_windows - 1) * step_samples_ + window_samples_, num_samples);
  Stopwatch watch;
  shared_->add(batch.samples.first(end - start).subspan(shared_samples_ - start));
  shared_samples_ = end;
  timings_.features_s += watch.lap_s();
  run_shared();
}

void NetworkPass::run_shared() {
  embeddings_.row_of.resize(activity_.grid.num_windows * kNumLocalSpeakers, -1);
  Stopwatch watch;
  shared_->run([&](std::size_t window, std::span<const float> masks, std::span<const float> embeddings) {
    keep(window, masks, embeddings);
    report(window + 1);
  });
  timings_.embedding_s += watch.lap_s();
  report(shared_->num_done());
}

void NetworkPass::keep(std::size_t window, std::span<const float> masks, std::span<const float> embeddings) {
  const std::size_t dimension = embeddings_.dimension;
  emit_floats(options_.on_artefact, "masks", {1, kNumLocalSpeakers, activity_.grid.frames_per_window}, masks,
              window);
  emit_floats(options_.on_artefact, "embeddings", {1, kNumLocalSpeakers, dimension}, embeddings, window);
  for (std::size_t s = 0; s < kNumLocalSpeakers; ++s) {
    if (activity_.active_frames(window, s) == 0) continue;
    embeddings_.row_of[window * kNumLocalSpeakers + s] = static_cast<std::int32_t>(embeddings_.num_rows());
    const auto row = embeddings.subspan(s * dimension, dimension);
    embeddings_.values.insert(embeddings_.values.end(), row.begin(), row.end());
  }
}

void NetworkPass::window_features(const WindowBatch& batch, std::size_t within, std::span<float> features) {
  const std::size_t start = within * step_samples_;
  if (shared_features_.empty()) {
    filter_bank_.compute(batch.samples.subspan(start, window_samples_), features);
  } else {
    std::copy_n(shared_features_.data() + start / kFrameShiftSamples * kMelBins, features.size(),
                features.data());
  }
  subtract_mean(features);
}

void NetworkPass::report(std::size_t completed) {
  if (!on_progress_) return;
  const std::size_t total = expected_windows_ == 0 ? 0 : std::max(expected_windows_, completed);
  if (!on_progress_({"networks", completed, total})) throw Cancelled();
}

}  // namespace diar
