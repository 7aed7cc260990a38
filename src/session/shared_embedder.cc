#include "session/shared_embedder.h"

#include <algorithm>
#include <cmath>

#include "session/masks.h"

namespace diar {

SharedEmbedder::SharedEmbedder(const EmbeddingModel& model, const StretchPlan& plan,
                               const SharedWindows& windows, const Activity& activity)
    : model_(model), windows_(windows), activity_(activity), trunk_(model, plan) {}

void SharedEmbedder::run(const Sink& sink) {
  // Several for each thread: the network gets and returns the memory of its images once for all of them.
  const std::size_t at_once = std::max<std::size_t>(4 * model_.preferred_batch(), 1);
  while (true) {
    const std::size_t ready = trunk_.num_stretches() - next_stretch_;
    if (!trunk_.finished() && ready < at_once) return;
    next_stretch_ += std::min(ready, at_once);
    const std::size_t num_frames = trunk_.first_frame(next_stretch_);
    const bool last = trunk_.finished() && next_stretch_ == trunk_.num_stretches();
    std::size_t end_window = next_window_;
    while (end_window < activity_.grid.num_windows) {
      const Frames frames = frames_of(end_window);
      if (!last && frames.first + frames.count > num_frames) break;
      ++end_window;
    }
    run_windows(end_window, num_frames, sink);
    if (last) return;
  }
}

SharedEmbedder::Frames SharedEmbedder::frames_of(std::size_t window) const {
  const std::size_t frame_samples = trunk_.stride() * kFrameShiftSamples;
  const std::size_t start = window * windows_.step_samples;
  const std::size_t features = num_fbank_frames(windows_.window_samples);
  return {(start + frame_samples - 1) / frame_samples, (features + trunk_.stride() - 1) / trunk_.stride()};
}

// The mask's value at the centre of each trunk frame; where window and stretch start together, this is what
// the network does with a window of its own.
SharedEmbedder::Window SharedEmbedder::prepare(std::size_t window, std::size_t num_frames) const {
  const std::size_t mask_frames = activity_.grid.frames_per_window;
  Window result;
  result.index = window;
  const Frames all = frames_of(window);
  result.frames = {std::min(all.first, num_frames - 1), 0};
  result.frames.count = std::clamp<std::size_t>(all.count, 1, num_frames - result.frames.first);
  const std::size_t min_frames = min_mask_frames(mask_frames, windows_.window_samples);
  const auto frame_samples = static_cast<double>(trunk_.stride() * kFrameShiftSamples);
  const double start = static_cast<double>(window * windows_.step_samples) / frame_samples;
  const float scale = static_cast<float>(mask_frames) / static_cast<float>(all.count);
  result.masks.resize(kNumLocalSpeakers * mask_frames);
  result.weights.resize(kNumLocalSpeakers * result.frames.count);
  for (std::size_t s = 0; s < kNumLocalSpeakers; ++s) {
    const auto mask = std::span(result.masks).subspan(s * mask_frames, mask_frames);
    make_mask(activity_, window, s, windows_.exclude_overlap, min_frames, mask);
    for (std::size_t i = 0; i < result.frames.count; ++i) {
      const double within = std::max(static_cast<double>(result.frames.first + i) - start, 0.0);
      const auto source = static_cast<std::size_t>(std::floor(static_cast<float>(within) * scale));
      result.weights[s * result.frames.count + i] = mask[std::min(source, mask_frames - 1)];
    }
  }
  return result;
}

void SharedEmbedder::run_windows(std::size_t end_window, std::size_t num_frames, const Sink& sink) {
  std::vector<Window> windows;
  std::vector<std::size_t> stretches;
  for (; next_window_ < end_window; ++next_window_) {
    if (!activity_.has_speakers(next_window_)) continue;
    Window window = prepare(next_window_, num_frames);
    for (std::size_t i = 0; i < window.weights.size(); ++i) {
      if (window.weights[i] == 0.0f) continue;
      stretches.push_back(trunk_.stretch_of(window.frames.first + i % window.frames.count));
    }
    windows.push_back(std::move(window));
  }
  std::sort(stretches.begin(), stretches.end());
  stretches.erase(std::unique(stretches.begin(), stretches.end()), stretches.end());
  trunk_.compute(stretches);
  std::vector<PooledWindow> pooled;
  for (Window& window : windows) {
    window.embeddings.resize(kNumLocalSpeakers * model_.dimension());
    pooled.push_back(
        {trunk_.frames(window.frames.first, window.frames.count), window.weights, window.embeddings});
  }
  model_.pool(pooled);
  for (const Window& window : windows) sink(window.index, window.masks, window.embeddings);
  trunk_.forget(frames_of(next_window_).first);
}

}  // namespace diar
