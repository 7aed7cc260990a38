#include "session/confidence.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "assign/artefacts.h"
#include "assign/nobody.h"

namespace diar {
namespace {

constexpr double kMostSum = std::numeric_limits<std::uint16_t>::max();

/// The windows over the frames of a recording, frame by frame.
class Cover {
 public:
  explicit Cover(const WindowGrid& grid) : grid_(grid) {}

  void move_to(std::size_t frame) {
    while (end_ < grid_.num_windows && grid_.first_frame(end_) <= frame) ++end_;
    while (begin_ < end_ && grid_.first_frame(begin_) + grid_.frames_per_window <= frame) ++begin_;
  }
  std::size_t begin() const noexcept { return begin_; }
  std::size_t end() const noexcept { return end_; }
  std::size_t size() const noexcept { return end_ - begin_; }

 private:
  const WindowGrid& grid_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// One turn's frames.
struct Span {
  std::size_t turn = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  double sum = 0.0;
};

FrameEvidence evidence_at(const Activity& activity, const SpeakerClusters& clusters, const Cover& cover,
                          std::size_t frame, std::size_t column) {
  FrameEvidence evidence;
  const std::size_t num_speakers = activity.grid.num_speakers;
  double votes = 0.0;
  double margins = 0.0;
  for (std::size_t window = cover.begin(); window < cover.end(); ++window) {
    const std::uint8_t bits = activity.at(window, frame - activity.grid.first_frame(window));
    for (std::size_t s = 0; s < num_speakers; ++s) {
      if ((bits >> s & 1) == 0) continue;
      const std::int32_t cluster = clusters.cluster_of[window * num_speakers + s];
      if (cluster < 0 || static_cast<std::size_t>(cluster) != column) continue;
      votes += 1.0;
      margins += std::clamp(static_cast<double>(clusters.margins[window * num_speakers + s]), -1.0, 1.0);
      break;  // two local speakers of one cluster are one voice
    }
  }
  evidence.share = cover.size() == 0 ? 0.0 : votes / static_cast<double>(cover.size());
  evidence.margin = votes == 0.0 ? 0.0 : margins / votes;
  return evidence;
}

std::vector<Span> spans_of(std::span<const ColumnTurn> turns, const SlidingWindow& frames,
                           std::size_t num_frames) {
  std::vector<Span> spans;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    // Turns begin and end in the middle of frames.
    const auto frame_at = [&](double time_s) {
      const auto frame = static_cast<std::size_t>(std::max<std::int64_t>(0, frames.closest_frame(time_s)));
      return std::min(frame, num_frames);
    };
    const std::size_t begin = frame_at(turns[i].segment.start_s);
    spans.push_back({i, begin, std::max(frame_at(turns[i].segment.end_s), begin + 1)});
  }
  std::stable_sort(spans.begin(), spans.end(),
                   [](const Span& a, const Span& b) { return a.begin < b.begin; });
  return spans;
}

}  // namespace

void FrameCertainty::add(const WindowGrid& grid, std::size_t first_window, std::span<const float> log_probs,
                         std::size_t num_classes) {
  const double most_windows = std::ceil(grid.duration_s / grid.step_s) + 1.0;
  levels_ = std::min(255.0, std::floor(kMostSum / most_windows));
  const std::size_t frames = grid.frames_per_window;
  const std::size_t num_windows = log_probs.size() / (frames * num_classes);
  for (std::size_t i = 0; i < num_windows; ++i) {
    const std::size_t first = grid.first_frame(first_window + i);
    if (sums_.size() < first + frames) sums_.resize(first + frames, 0);
    for (std::size_t frame = 0; frame < frames; ++frame) {
      const auto classes = log_probs.subspan((i * frames + frame) * num_classes, num_classes);
      const double most = std::exp(static_cast<double>(*std::max_element(classes.begin(), classes.end())));
      // Own networks may give anything.
      const double level = std::isfinite(most) ? std::round(std::clamp(most, 0.0, 1.0) * levels_) : 0.0;
      sums_[first + frame] = static_cast<std::uint16_t>(std::min(sums_[first + frame] + level, kMostSum));
    }
  }
}

double FrameCertainty::mean(std::size_t frame, std::size_t num_windows) const {
  if (frame >= sums_.size() || num_windows == 0) return 0.0;
  return std::min(1.0, sums_[frame] / (levels_ * static_cast<double>(num_windows)));
}

void set_confidence(const Activity& activity, const SpeakerClusters& clusters,
                    std::span<const std::uint8_t> count, const FrameCertainty& certainty,
                    const ConfidenceModel& model, std::span<ColumnTurn> turns, const ArtefactHook& hook) {
  if (certainty.empty() || clusters.margins.size() != clusters.cluster_of.size()) return;
  std::vector<Span> spans = spans_of(turns, activity.grid.frames, count.size());
  Cover cover(activity.grid);
  std::vector<Span*> open;
  std::vector<float> rows;
  std::size_t next = 0;
  for (std::size_t frame = 0; frame < count.size() && (next < spans.size() || !open.empty()); ++frame) {
    while (next < spans.size() && spans[next].begin <= frame) open.push_back(&spans[next++]);
    std::erase_if(open, [&](const Span* span) { return span->end <= frame; });
    if (open.empty()) continue;
    cover.move_to(frame);
    for (Span* span : open) {
      FrameEvidence evidence = evidence_at(activity, clusters, cover, frame, turns[span->turn].column);
      evidence.certainty = certainty.mean(frame, cover.size());
      evidence.overlap = count[frame] > 1;
      span->sum += model.probability(evidence);
      if (!hook) continue;
      for (const double value :
           {static_cast<double>(frame), static_cast<double>(turns[span->turn].column), evidence.share,
            evidence.certainty, evidence.margin, evidence.overlap ? 1.0 : 0.0})
        rows.push_back(static_cast<float>(value));
    }
  }
  emit_floats(hook, "turn_evidence", {rows.size() / 6, 6}, rows);
  for (const Span& span : spans)
    turns[span.turn].confidence = static_cast<float>(span.sum / static_cast<double>(span.end - span.begin));
}

}  // namespace diar
