// Consecutive samples in, frames of the embedding network's trunk out: each computed once, for all windows.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "frontend/fbank.h"
#include "frontend/sliding_mean.h"
#include "networks/resnet34/network.h"

namespace diar {

/// How the signal is cut for the trunk, in feature frames of 10 ms.
struct TrunkPlan {
  std::size_t segment_frames = 1000;  ///< new frames of each segment
  std::size_t context_frames = 0;     ///< frames on both sides that the trunk sees besides
  std::size_t mean_frames = 998;      ///< around each frame, whose mean it loses
};

/// Segment k covers the feature frames from k * segment_frames on. It is computed when frames in it are first
/// asked for, alone or beside others, with the same result. Memory: what lies between `forget` and the newest
/// sample. Trunk frame i is centred at feature frame i * stride.
class SharedTrunk {
 public:
  /// `model` is borrowed and has a trunk of its own; lengths are rounded up to its stride.
  SharedTrunk(const ResNet34& model, const TrunkPlan& plan);

  /// The signal's next samples at 16 kHz.
  void add(std::span<const float> samples);
  /// No more samples come: the rest, if any, is the last segment.
  void finish();
  bool finished() const noexcept { return finished_; }

  std::size_t stride() const noexcept { return shape_.stride; }
  /// Segments that can be computed, from the first of the signal on.
  std::size_t num_segments() const noexcept;
  /// First trunk frame past segment `segment - 1`, the signal's end included.
  std::size_t first_frame(std::size_t segment) const noexcept;
  /// The segment that holds a trunk frame.
  std::size_t segment_of(std::size_t frame) const noexcept { return frame / frames_per_segment(); }

  /// Makes segments available; those that are already cost nothing. In order, none forgotten.
  void compute(std::span<const std::size_t> segments);
  /// [count, channels]; what lies in segments that were not computed is of no meaning.
  std::span<const float> frames(std::size_t first, std::size_t count) const;
  /// Nothing before this trunk frame will be asked for again.
  void forget(std::size_t before_frame);

 private:
  std::size_t frames_per_segment() const noexcept { return plan_.segment_frames / shape_.stride; }

  const ResNet34& model_;
  TrunkShape shape_;
  TrunkPlan plan_;
  FilterBank filter_bank_;
  bool finished_ = false;
  std::vector<float> samples_;  // those that the next feature frame needs
  SlidingMean mean_;
  std::vector<float> raw_features_;
  bool any_features_ = false;
  std::vector<float> features_;  // [frames, 80] minus their means, from feature frame `first_feature_` on
  std::size_t first_feature_ = 0;
  std::size_t num_features_ = 0;  // of the signal so far
  std::vector<float> frames_;     // [frames, channels] from segment `first_segment_` on
  std::vector<bool> computed_;    // of each segment from `first_segment_` on
  std::size_t first_segment_ = 0;
};

}  // namespace diar
