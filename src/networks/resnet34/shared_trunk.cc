#include "networks/resnet34/shared_trunk.h"

#include <algorithm>
#include <cassert>

namespace diar {
namespace {

std::size_t rounded_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

template <class Value>
void drop_front(std::vector<Value>& values, std::size_t count) {
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

SharedTrunk::SharedTrunk(const ResNet34& model, const TrunkPlan& plan)
    : model_(model), shape_(model.trunk_shape()), mean_(plan.mean_frames) {
  assert(shape_.stride > 0 && plan.segment_frames > 0);
  plan_.segment_frames = rounded_up(plan.segment_frames, shape_.stride);
  plan_.context_frames = rounded_up(plan.context_frames, shape_.stride);
}

void SharedTrunk::add(std::span<const float> samples) {
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  const std::size_t count = num_fbank_frames(samples_.size());
  raw_features_.resize(count * kMelBins);
  filter_bank_.compute(samples_, raw_features_);
  drop_front(samples_, count * kFrameShiftSamples);
  mean_.add(raw_features_, features_);
  num_features_ = first_feature_ + features_.size() / kMelBins;
  any_features_ = any_features_ || count > 0;
}

void SharedTrunk::finish() {
  // A recording shorter than one feature frame still has one trunk frame.
  if (!any_features_) add(std::vector<float>(kFrameSamples - samples_.size(), 0.0f));
  mean_.finish(features_);
  num_features_ = first_feature_ + features_.size() / kMelBins;
  finished_ = true;
}

std::size_t SharedTrunk::num_segments() const noexcept {
  if (finished_) return (num_features_ + plan_.segment_frames - 1) / plan_.segment_frames;
  return num_features_ < plan_.context_frames ? 0
                                              : (num_features_ - plan_.context_frames) / plan_.segment_frames;
}

std::size_t SharedTrunk::first_frame(std::size_t segment) const noexcept {
  const std::size_t frame = segment * frames_per_segment();
  return finished_ ? std::min(frame, (num_features_ + shape_.stride - 1) / shape_.stride) : frame;
}

void SharedTrunk::compute(std::span<const std::size_t> segments) {
  struct Work {
    std::span<const float> features;
    std::vector<float> frames;
    std::size_t skipped = 0;  // trunk frames of the context before the segment
    std::size_t segment = 0;
  };
  std::vector<Work> work;
  for (const std::size_t segment : segments) {
    assert(segment >= first_segment_ && segment < num_segments());
    const std::size_t at = segment - first_segment_;
    if (at < computed_.size() && computed_[at]) continue;
    const std::size_t begin = segment * plan_.segment_frames;
    const std::size_t from = begin - std::min(begin, plan_.context_frames);
    const std::size_t to = std::min(begin + plan_.segment_frames + plan_.context_frames, num_features_);
    Work item;
    item.features = std::span(features_).subspan((from - first_feature_) * kMelBins, (to - from) * kMelBins);
    item.frames.resize(rounded_up(to - from, shape_.stride) / shape_.stride * shape_.channels);
    item.skipped = (begin - from) / shape_.stride;
    item.segment = segment;
    work.push_back(std::move(item));
  }
  std::vector<TrunkSegment> items;
  items.reserve(work.size());
  for (Work& item : work) items.push_back({item.features, item.frames});
  model_.run_trunk(items);
  const std::size_t num_frames = first_frame(num_segments()) - first_segment_ * frames_per_segment();
  frames_.resize(num_frames * shape_.channels, 0.0f);
  computed_.resize(num_segments() - first_segment_, false);
  for (const Work& item : work) {
    const std::size_t at = item.segment - first_segment_;
    computed_[at] = true;
    const std::size_t count = first_frame(item.segment + 1) - first_frame(item.segment);
    std::copy_n(item.frames.data() + item.skipped * shape_.channels, count * shape_.channels,
                frames_.data() + at * frames_per_segment() * shape_.channels);
  }
}

std::span<const float> SharedTrunk::frames(std::size_t first, std::size_t count) const {
  const std::size_t begin = first - first_segment_ * frames_per_segment();
  return std::span(frames_).subspan(begin * shape_.channels, count * shape_.channels);
}

void SharedTrunk::forget(std::size_t before_frame) {
  const std::size_t segment = before_frame / frames_per_segment();
  if (segment <= first_segment_) return;
  const std::size_t gone = segment - first_segment_;
  drop_front(frames_, std::min(gone * frames_per_segment() * shape_.channels, frames_.size()));
  drop_front(computed_, std::min(gone, computed_.size()));
  first_segment_ = segment;
  const std::size_t begin = segment * plan_.segment_frames;
  const std::size_t from = std::min(begin - std::min(begin, plan_.context_frames), num_features_);
  drop_front(features_, (from - first_feature_) * kMelBins);
  first_feature_ = from;
}

}  // namespace diar
