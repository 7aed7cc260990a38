#include "networks/resnet34/stream.h"

#include <algorithm>
#include <cmath>

#include "diar/errors.h"

namespace diar {

ResNet34Stream::ResNet34Stream(const ResNet34& network, const TrunkPlan& plan, const StreamPlan& windows)
    : network_(network), windows_(windows), trunk_(network, plan) {}

void ResNet34Stream::add_window(std::span<const float> masks) {
  if (masks.size() != windows_.num_masks * windows_.mask_frames)
    throw InvalidArgument("encoder stream: the masks do not fit the window");
  const bool silent = std::all_of(masks.begin(), masks.end(), [](float weight) { return weight == 0.0f; });
  if (silent) {
    waiting_.emplace_back();
  } else {
    waiting_.emplace_back(masks.begin(), masks.end());
  }
}

void ResNet34Stream::run(const Sink& sink) {
  // Several for each thread: the network gets and returns the memory of its images once for all of them.
  const std::size_t at_once = std::max<std::size_t>(4 * network_.preferred_batch(), 1);
  while (true) {
    const std::size_t ready = trunk_.num_segments() - next_segment_;
    if (!trunk_.finished() && ready < at_once) return;
    next_segment_ += std::min(ready, at_once);
    const std::size_t num_frames = trunk_.first_frame(next_segment_);
    const bool last = trunk_.finished() && next_segment_ == trunk_.num_segments();
    std::size_t end = next_window_;
    while (end < end_window()) {
      const Frames frames = frames_of(end);
      if (!last && frames.first + frames.count > num_frames) break;
      ++end;
    }
    run_windows(end, num_frames, sink);
    if (last) return;
  }
}

ResNet34Stream::Frames ResNet34Stream::frames_of(std::size_t window) const {
  const std::size_t frame_samples = trunk_.stride() * kFrameShiftSamples;
  const std::size_t start = window * windows_.step_samples;
  const std::size_t features = num_fbank_frames(windows_.window_samples);
  return {(start + frame_samples - 1) / frame_samples, (features + trunk_.stride() - 1) / trunk_.stride()};
}

// The mask's value at the centre of each trunk frame; where window and segment start together, this is what
// the network does with that window alone.
ResNet34Stream::Window ResNet34Stream::prepare(std::size_t window, std::span<const float> masks,
                                               std::size_t num_frames) const {
  const std::size_t mask_frames = windows_.mask_frames;
  Window result;
  result.index = window;
  const Frames all = frames_of(window);
  result.frames = {std::min(all.first, num_frames - 1), 0};
  result.frames.count = std::clamp<std::size_t>(all.count, 1, num_frames - result.frames.first);
  const auto frame_samples = static_cast<double>(trunk_.stride() * kFrameShiftSamples);
  const double start = static_cast<double>(window * windows_.step_samples) / frame_samples;
  const float scale = static_cast<float>(mask_frames) / static_cast<float>(all.count);
  result.weights.resize(windows_.num_masks * result.frames.count);
  for (std::size_t s = 0; s < windows_.num_masks; ++s) {
    const auto mask = masks.subspan(s * mask_frames, mask_frames);
    for (std::size_t i = 0; i < result.frames.count; ++i) {
      const double within = std::max(static_cast<double>(result.frames.first + i) - start, 0.0);
      const auto source = static_cast<std::size_t>(std::floor(static_cast<float>(within) * scale));
      result.weights[s * result.frames.count + i] = mask[std::min(source, mask_frames - 1)];
    }
  }
  return result;
}

void ResNet34Stream::run_windows(std::size_t end_window, std::size_t num_frames, const Sink& sink) {
  std::vector<Window> windows;
  std::vector<std::size_t> segments;
  for (; next_window_ < end_window; ++next_window_, waiting_.pop_front()) {
    if (waiting_.front().empty()) continue;
    Window window = prepare(next_window_, waiting_.front(), num_frames);
    for (std::size_t i = 0; i < window.weights.size(); ++i) {
      if (window.weights[i] == 0.0f) continue;
      segments.push_back(trunk_.segment_of(window.frames.first + i % window.frames.count));
    }
    windows.push_back(std::move(window));
  }
  std::sort(segments.begin(), segments.end());
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  trunk_.compute(segments);
  std::vector<PooledWindow> pooled;
  for (Window& window : windows) {
    window.embeddings.resize(windows_.num_masks * network_.dimension());
    pooled.push_back(
        {trunk_.frames(window.frames.first, window.frames.count), window.weights, window.embeddings});
  }
  network_.pool(pooled);
  for (const Window& window : windows) sink(window.index, window.embeddings);
  trunk_.forget(frames_of(next_window_).first);
}

}  // namespace diar
