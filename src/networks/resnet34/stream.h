// Samples and masks of overlapping windows in, embeddings out, with one pass of the trunk for all.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "networks/resnet34/shared_trunk.h"

namespace diar {

/// A window's speakers are pooled from the trunk frames whose centres lie in it. The result does not depend
/// on how samples and windows come in pieces.
class ResNet34Stream final : public EncoderStream {
 public:
  /// `network` is borrowed.
  ResNet34Stream(const ResNet34& network, const TrunkPlan& plan, const StreamPlan& windows);

  void add_samples(std::span<const float> samples) override { trunk_.add(samples); }
  void add_window(std::span<const float> masks) override;
  void finish() override { trunk_.finish(); }
  /// Waits for as many segments as the network likes to run at once; none after `finish`.
  void run(const Sink& sink) override;
  std::size_t num_done() const override { return next_window_; }

 private:
  struct Frames {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  struct Window {
    std::size_t index = 0;
    Frames frames;
    std::vector<float> weights;     // [masks, trunk frames]
    std::vector<float> embeddings;  // [masks, D]
  };

  Frames frames_of(std::size_t window) const;
  Window prepare(std::size_t window, std::span<const float> masks, std::size_t num_frames) const;
  void run_windows(std::size_t end_window, std::size_t num_frames, const Sink& sink);
  std::size_t end_window() const { return next_window_ + waiting_.size(); }

  const ResNet34& network_;
  const StreamPlan windows_;
  SharedTrunk trunk_;
  std::deque<std::vector<float>> waiting_;  // masks from window `next_window_` on; empty: nobody talks
  std::size_t next_window_ = 0;
  std::size_t next_segment_ = 0;
};

}  // namespace diar
