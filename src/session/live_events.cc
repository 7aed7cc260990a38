// The half of LiveCore that speaks: turns, moments, progress, the end.
#include <algorithm>

#include "core/assignment.h"
#include "diar/overlap.h"
#include "session/live_core.h"

namespace diar {
namespace {

// Whoever is silent for this long, or for as long as fills a gap, speaks no more.
constexpr double kSilence_s = 0.25;
// Starts, ends and merges that wait for a consumer.
constexpr std::size_t kMaxMoments = 4096;

/// Seconds that rows and columns share: turns as (segment, number), in any order.
std::vector<double> shared_s(const std::vector<LabelTurn>& rows, std::size_t num_rows,
                             const std::vector<LabelTurn>& columns, std::size_t num_columns) {
  const auto sorted = [](std::vector<LabelTurn> turns) {
    std::sort(turns.begin(), turns.end(),
              [](const LabelTurn& a, const LabelTurn& b) { return a.segment.start_s < b.segment.start_s; });
    return turns;
  };
  const auto a = sorted(rows);
  const auto b = sorted(columns);
  std::vector<double> table(num_rows * num_columns, 0.0);
  std::vector<const LabelTurn*> open;
  std::size_t next = 0;
  for (const LabelTurn& turn : a) {
    while (next < b.size() && b[next].segment.start_s < turn.segment.end_s) open.push_back(&b[next++]);
    std::erase_if(open, [&](const LabelTurn* other) { return other->segment.end_s <= turn.segment.start_s; });
    for (const LabelTurn* other : open) {
      const double begin_s = std::max(turn.segment.start_s, other->segment.start_s);
      const double end_s = std::min(turn.segment.end_s, other->segment.end_s);
      table[static_cast<std::size_t>(turn.label) * num_columns + static_cast<std::size_t>(other->label)] +=
          std::max(0.0, end_s - begin_s);
    }
  }
  return table;
}

std::vector<LabelTurn> finals(std::vector<LabelTurn> turns) {
  for (LabelTurn& turn : turns) turn.state = TurnState::kFinal;
  return turns;
}

}  // namespace

void LiveCore::say(LiveEvent event) {
  moments_.push_back(std::move(event));
  if (moments_.size() > kMaxMoments) moments_.pop_front();
}

void LiveCore::show(const Activity& activity, std::size_t first_window) {
  timeline_.rewrite(activity, assigner_.labels(), base_window_, first_window, extra_);
  const std::vector<LabelTurn> turns = timeline_.turns();
  std::set<std::int32_t> in_use;
  for (const LabelTurn& turn : turns) in_use.insert(turn.label);
  shown_labels_.insert(in_use.begin(), in_use.end());
  const std::lock_guard lock(mutex_);
  ledger_.update(turns);
  note_moments(turns);
  progress_.shown_s = timeline_.end_s();
  progress_.num_windows = base_window_ + num_windows_;
  progress_.num_speakers = in_use.size();
}

// With the lock held. Who speaks at the end of what is shown.
void LiveCore::note_moments(const std::vector<LabelTurn>& turns) {
  const double silence_s = std::max(plan_.min_duration_off_s, kSilence_s);
  const double now_s = timeline_.end_s();
  std::map<std::int32_t, const LabelTurn*> last;
  for (const LabelTurn& turn : turns) last[turn.label] = &turn;
  std::set<std::int32_t> speaking;
  for (const auto& [label, turn] : last) {
    if (turn->segment.end_s < now_s - silence_s) continue;
    speaking.insert(label);
    if (!speaking_.contains(label)) say(SpeakerStart{turn->segment.start_s, live_label(label)});
  }
  for (const std::int32_t label : speaking_) {
    if (speaking.contains(label)) continue;
    const auto turn = last.find(label);
    say(SpeakerEnd{turn == last.end() ? now_s : turn->second->segment.end_s, live_label(label)});
  }
  speaking_ = std::move(speaking);
}

void LiveCore::note_merges(const std::vector<LabelMerge>& merges) {
  const std::lock_guard lock(mutex_);
  for (const LabelMerge& merge : merges) {
    if (shown_labels_.contains(merge.from))
      say(SpeakersMerged{live_label(merge.from), live_label(merge.into)});
  }
}

void LiveCore::collect(const SessionStatus& status, std::vector<LiveEvent>& events) {
  const std::lock_guard lock(mutex_);
  events.insert(events.end(), std::make_move_iterator(moments_.begin()),
                std::make_move_iterator(moments_.end()));
  moments_.clear();
  ledger_.collect(events);
  progress_.pushed_s = status.pushed_s;
  const auto differs = [](const LiveProgress& a, const LiveProgress& b) {
    return a.pushed_s != b.pushed_s || a.shown_s != b.shown_s || a.num_windows != b.num_windows ||
           a.num_dropped != b.num_dropped || a.num_clusterings != b.num_clusterings;
  };
  if (differs(progress_, told_progress_)) events.emplace_back(std::in_place_type<LiveProgress>, progress_);
  told_progress_ = progress_;
  if (!final_) return;
  events.emplace_back(std::in_place_type<LiveFinal>, std::move(*final_));
  final_.reset();
}

void LiveCore::conclude(const DiarizationOutput& output) {
  const std::vector<std::string> names = output.diarization.speakers();
  std::vector<LabelTurn> result;
  for (const Turn& turn : output.diarization.turns()) {
    const auto name = std::lower_bound(names.begin(), names.end(), turn.speaker);
    result.push_back(
        {static_cast<std::int32_t>(name - names.begin()), turn.segment, TurnState::kFinal, turn.confidence});
  }
  const std::lock_guard lock(mutex_);
  const std::size_t num_labels = assigner_.num_labels();
  const std::vector<double> shared = shared_s(result, names.size(), ledger_.turns(), num_labels);
  std::vector<std::int32_t> label_of(names.size(), -1);
  if (!names.empty() && num_labels > 0) {
    const std::vector<int> best = assign_maximum(shared, names.size(), num_labels);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (best[i] >= 0 && shared[i * num_labels + static_cast<std::size_t>(best[i])] > 0.0)
        label_of[i] = best[i];
    }
  }
  LiveFinal final{true, {}, output.duration_s};
  // A label without a speaker in the result: where most of its turns went.
  for (std::size_t label = 0; label < num_labels; ++label) {
    std::size_t most = 0;
    for (std::size_t i = 1; i < names.size(); ++i) {
      if (shared[i * num_labels + label] > shared[most * num_labels + label]) most = i;
    }
    if (!names.empty() && shared[most * num_labels + label] > 0.0)
      final.offline_labels[live_label(static_cast<std::int32_t>(label))] = names[most];
  }
  std::size_t next_label = num_labels;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (label_of[i] < 0) label_of[i] = static_cast<std::int32_t>(next_label++);
    final.offline_labels[live_label(label_of[i])] = names[i];
  }
  for (LabelTurn& turn : result) turn.label = label_of[static_cast<std::size_t>(turn.label)];
  ledger_.finish(result);
  for (const std::int32_t label : std::exchange(speaking_, {}))
    say(SpeakerEnd{timeline_.end_s(), live_label(label)});
  final_ = std::move(final);
}

DiarizationOutput LiveCore::conclude_shown(double duration_s) {
  const std::lock_guard lock(mutex_);
  ledger_.finish(finals(ledger_.turns()));
  std::vector<LabelTurn> all = history_;
  const std::vector<LabelTurn> kept = ledger_.turns();
  all.insert(all.end(), kept.begin(), kept.end());
  std::vector<Turn> turns;
  LiveFinal final{false, {}, duration_s};
  for (const LabelTurn& turn : all) {
    turns.push_back({turn.segment, live_label(turn.label)});
    final.offline_labels[turns.back().speaker] = turns.back().speaker;
  }
  DiarizationOutput output;
  output.diarization = Annotation(plan_.uri, std::move(turns));
  output.exclusive_diarization = without_overlap(output.diarization);
  const SpeakerClusters voices = assigner_.current({}, {encoder_->spec().dimension, 0, {}, {}});
  for (const auto& [label, same] : final.offline_labels) {
    const auto row = static_cast<Eigen::Index>(std::stoul(label.substr(8)));
    std::vector<float> values(static_cast<std::size_t>(voices.centroids.cols()));
    for (Eigen::Index i = 0; i < voices.centroids.cols(); ++i)
      values[static_cast<std::size_t>(i)] = static_cast<float>(voices.centroids(row, i));
    output.speaker_embeddings.push_back({label, std::move(values)});
  }
  output.duration_s = duration_s;
  output.num_windows = base_window_ + num_windows_;
  for (const std::int32_t label : std::exchange(speaking_, {}))
    say(SpeakerEnd{timeline_.end_s(), live_label(label)});
  final_ = std::move(final);
  return output;
}

}  // namespace diar
