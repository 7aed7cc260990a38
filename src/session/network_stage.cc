#include "session/network_stage.h"

#include <algorithm>

#include "assign/artefacts.h"
#include "core/stopwatch.h"
#include "diar/errors.h"
#include "diar/powerset.h"
#include "diar/waveform.h"
#include "session/masks.h"

namespace diar {
namespace {

void report(const NetworkStage::OnWindows& on_windows, std::size_t completed) {
  if (on_windows && !on_windows(completed)) throw Cancelled();
}

}  // namespace

NetworkStage::NetworkStage(const SegmentationNetwork& segmentation, const SpeakerEncoder* encoder,
                           const RunPlan& plan)
    : segmentation_(segmentation), encoder_(encoder), plan_(plan) {
  const SegmentationSpec& spec = segmentation.spec();
  WindowGrid& grid = output_.activity.grid;
  grid.duration_s = static_cast<double>(plan.window_samples) / kModelSampleRateHz;
  grid.step_s = plan.step_s;
  grid.frames_per_window = segmentation.num_frames(plan.window_samples);
  grid.num_speakers = spec.num_speakers;
  grid.frames = {0.0, spec.frame_duration_s, spec.frame_step_s};
  if (encoder_ == nullptr) return;
  output_.embeddings.dimension = encoder_->spec().dimension;
  output_.embeddings.num_speakers = spec.num_speakers;
  min_mask_frames_ =
      min_mask_frames(grid.frames_per_window, plan.window_samples, encoder_->spec().min_samples);
  if (plan.share_windows) {
    stream_ = encoder_->open_stream(
        {plan.window_samples, plan.step_samples, spec.num_speakers, grid.frames_per_window});
  }
}

void NetworkStage::process(const WindowBatch& batch, std::size_t num_samples, const OnWindows& on_windows) {
  if (batch.num_windows == 0) return;
  Stopwatch watch;
  const std::size_t first_window = activity().grid.num_windows;
  segment(batch);
  output_.timings.segmentation_s += watch.lap_s();
  if (stream_) {
    embed_stream(batch, first_window, num_samples, on_windows);
  } else {
    if (encoder_ != nullptr) embed(batch, first_window, on_windows);
    report(on_windows, num_windows());
  }
  output_.timings.embedding_s += watch.lap_s();
}

void NetworkStage::finish(const OnWindows& on_windows) {
  if (!stream_) return;
  Stopwatch watch;
  stream_->finish();
  run_stream(on_windows);
  output_.timings.embedding_s += watch.lap_s();
}

void NetworkStage::segment(const WindowBatch& batch) {
  const auto& classes = segmentation_.spec().classes;
  Activity& activity = output_.activity;
  const std::size_t frames = activity.grid.frames_per_window;
  std::vector<float> log_probs(batch.num_windows * frames * classes.size());
  segmentation_.run(batch, log_probs);
  const std::size_t first = activity.grid.num_windows;
  emit_floats(plan_.hook, "segmentation", {batch.num_windows, frames, classes.size()}, log_probs,
              forgotten_ + first);
  // Without its first windows a recording's frames have no whole sums any more.
  if (forgotten_ == 0) output_.certainty.add(activity.grid, first, log_probs, classes.size());
  const std::vector<std::uint8_t> bits = frame_decisions(log_probs, classes);
  activity.bits.insert(activity.bits.end(), bits.begin(), bits.end());
  emit_bytes(plan_.hook, "activity", {batch.num_windows, frames}, bits, forgotten_ + first);
  activity.grid.num_windows += batch.num_windows;
}

void NetworkStage::make_masks(std::size_t window, std::span<float> masks) const {
  const WindowGrid& grid = activity().grid;
  const std::size_t frames = grid.frames_per_window;
  for (std::size_t s = 0; s < grid.num_speakers; ++s)
    make_mask(activity(), window, s, plan_.exclude_overlap, min_mask_frames_,
              masks.subspan(s * frames, frames));
  // One window at a time, as the embeddings come.
  if (activity().has_speakers(window))
    emit_floats(plan_.hook, "masks", {1, grid.num_speakers, frames}, masks, forgotten_ + window);
}

void NetworkStage::embed(const WindowBatch& batch, std::size_t first_window, const OnWindows& on_windows) {
  const WindowGrid& grid = activity().grid;
  const std::size_t size = grid.num_speakers * grid.frames_per_window;
  const std::size_t row = grid.num_speakers * encoder_->spec().dimension;
  output_.embeddings.row_of.resize(grid.num_windows * grid.num_speakers, -1);
  std::vector<float> masks(batch.num_windows * size);
  for (std::size_t i = 0; i < batch.num_windows; ++i)
    make_masks(first_window + i, std::span(masks).subspan(i * size, size));
  std::vector<float> embeddings(batch.num_windows * row);
  encoder_->run(
      {batch, masks, grid.num_speakers, grid.frames_per_window,
       [&](std::size_t done) { return !on_windows || on_windows(forgotten_ + first_window + done); }},
      embeddings);
  for (std::size_t i = 0; i < batch.num_windows; ++i) {
    if (activity().has_speakers(first_window + i))
      keep(forgotten_ + first_window + i, std::span(embeddings).subspan(i * row, row));
  }
}

void NetworkStage::embed_stream(const WindowBatch& batch, std::size_t first_window, std::size_t num_samples,
                                const OnWindows& on_windows) {
  // Zeros after the end of the recording are left out.
  const std::size_t start = (forgotten_ + first_window) * plan_.step_samples;
  const std::size_t end =
      std::min(start + (batch.num_windows - 1) * plan_.step_samples + plan_.window_samples, num_samples);
  stream_->add_samples(batch.samples.first(end - start).subspan(stream_samples_ - start));
  stream_samples_ = end;
  std::vector<float> masks(activity().grid.num_speakers * activity().grid.frames_per_window);
  for (std::size_t i = 0; i < batch.num_windows; ++i) {
    make_masks(first_window + i, masks);
    stream_->add_window(masks);
  }
  run_stream(on_windows);
}

void NetworkStage::run_stream(const OnWindows& on_windows) {
  const WindowGrid& grid = activity().grid;
  output_.embeddings.row_of.resize(grid.num_windows * grid.num_speakers, -1);
  stream_->run([&](std::size_t window, std::span<const float> embeddings) {
    keep(window, embeddings);
    report(on_windows, window + 1);
  });
  report(on_windows, stream_->num_done());
}

void NetworkStage::keep(std::size_t window, std::span<const float> embeddings) {
  Embeddings& kept = output_.embeddings;
  emit_floats(plan_.hook, "embeddings", {1, kept.num_speakers, kept.dimension}, embeddings, window);
  window -= forgotten_;
  for (std::size_t s = 0; s < kept.num_speakers; ++s) {
    if (activity().active_frames(window, s) == 0) continue;
    kept.row_of[window * kept.num_speakers + s] = static_cast<std::int32_t>(kept.num_rows());
    const auto row = embeddings.subspan(s * kept.dimension, kept.dimension);
    kept.values.insert(kept.values.end(), row.begin(), row.end());
  }
}

std::size_t NetworkStage::num_embedded() const {
  return stream_ ? stream_->num_done() - forgotten_ : activity().grid.num_windows;
}

void NetworkStage::forget(std::size_t count) {
  Activity& activity = output_.activity;
  Embeddings& kept = output_.embeddings;
  const auto drop = [](auto& values, std::size_t number) {
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(number));
  };
  std::int32_t rows = 0;
  for (std::size_t pair = 0; pair < count * kept.num_speakers; ++pair) rows += kept.row_of[pair] >= 0 ? 1 : 0;
  drop(activity.bits, count * activity.grid.frames_per_window);
  drop(kept.row_of, count * kept.num_speakers);
  drop(kept.values, static_cast<std::size_t>(rows) * kept.dimension);
  for (std::int32_t& row : kept.row_of) {
    if (row >= 0) row -= rows;
  }
  activity.grid.num_windows -= count;
  forgotten_ += count;
  output_.certainty = FrameCertainty();
}

}  // namespace diar
