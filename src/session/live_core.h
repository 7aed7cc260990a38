// What a live session does beside the networks of a whole run: provisional windows, labels, events.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "assign/online.h"
#include "diar/live.h"
#include "session/live_timeline.h"
#include "session/session_core.h"
#include "session/turn_ledger.h"

namespace diar {

/// How a live session differs from another one.
struct LivePlan {
  double latency_s = 1.0;
  bool bounded_memory = false;
  double kept_stream_s = 3600.0;  ///< in bounded memory half of the windows go when they last this long
};

/// Follows the steps of a `SessionCore`; its calls come from one step at a time. `collect` may come from any
/// thread at any time.
class LiveCore final : public StepObserver {
 public:
  /// `plan` is the session's.
  LiveCore(std::shared_ptr<const SegmentationNetwork> segmentation,
           std::shared_ptr<const SpeakerEncoder> encoder, std::shared_ptr<const SpeakerScoring> scoring,
           const RunPlan& plan, const LivePlan& live);
  ~LiveCore() override;

  void add_samples(std::span<const float> samples) override;
  void windows_done(NetworkStage& stage) override;
  void no_window_ready(const NetworkStage& stage) override;
  std::size_t next_step_samples() const override;

  /// Ends a clustering that runs. No step may run any more, or follow; the destructor does it, too.
  void stop() noexcept;
  /// Waits for a clustering that runs; its result comes with the next step.
  void wait_for_clustering();
  /// Appends the events since the last call; `status` is the session's.
  void collect(const SessionStatus& status, std::vector<LiveEvent>& events);
  /// After the last step: revisions that lead to the result, and the final event.
  void conclude(const DiarizationOutput& output);
  /// The same in bounded memory: the result is what was shown.
  DiarizationOutput conclude_shown(double duration_s);

 private:
  struct Clustering;

  // live_core.cc
  RunPlan clustering_plan(std::size_t num_pairs) const;
  bool clustering_is_due(std::size_t num_windows) const;
  bool clustering_is_short(const Embeddings& embeddings) const;
  void start_clustering(const NetworkStage& stage, std::size_t num_windows);
  void run(Clustering& clustering) const;
  void take_clustering();
  void note_end(std::size_t end_samples);
  void forget(NetworkStage& stage);
  ExtraWindow listen_now(const NetworkStage& stage);
  std::vector<float> embed(const WindowBatch& window, const Activity& activity) const;
  // live_events.cc
  void show(const Activity& activity, std::size_t first_window);
  void note_moments(const std::vector<LabelTurn>& turns);
  void note_merges(const std::vector<LabelMerge>& merges);
  void say(LiveEvent event);

  const std::shared_ptr<const SegmentationNetwork> segmentation_;
  const std::shared_ptr<const SpeakerEncoder> encoder_;
  const std::shared_ptr<const SpeakerScoring> scoring_;
  RunPlan plan_;  // without the hook, which hears of the final run alone
  const LivePlan live_;
  const std::size_t hop_samples_;

  // Of the step that runs.
  std::vector<float> recent_;    // the last window's worth of samples
  std::size_t num_samples_ = 0;  // so far
  std::size_t end_samples_ = 0;  // of the newest window, on the grid or not
  std::size_t num_windows_ = 0;  // of the grid that have labels, numbered from base_window_
  std::size_t base_window_ = 0;  // forgotten ones
  std::size_t patience_ = 1;     // hops between provisional windows
  OnlineAssigner assigner_;
  LiveTimeline timeline_;
  ExtraWindow extra_;
  std::set<std::int32_t> speaking_;
  std::set<std::int32_t> shown_labels_;  // that any turn has had

  std::unique_ptr<Clustering> clustering_;  // that runs or waits to be taken
  std::thread clusterer_;
  std::atomic<bool> stopped_{false};
  std::size_t clustered_windows_ = 0;  // absolute
  std::size_t last_size_ = 0;          // embeddings of the last clustering
  double last_cost_s_ = 0.0;
  std::chrono::steady_clock::time_point last_end_;

  mutable std::mutex mutex_;  // guards what follows
  TurnLedger ledger_;
  std::deque<LiveEvent> moments_;
  std::vector<LabelTurn> history_;  // in bounded memory: turns that the ledger has retired
  LiveProgress progress_;
  LiveProgress told_progress_;
  std::optional<LiveFinal> final_;
};

}  // namespace diar
